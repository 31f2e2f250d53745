"""The sample written by several processes, byte for byte."""

import pytest

from pali_tf.webli.sample import main as sample_main

SIZES = ("--num_images=1500", "--num_validation=2", "--num_test=3")


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_number_of_workers(tmp_path):
    for workers in (1, 2):
        sample_main(
            [
                f"--output_dir={tmp_path / str(workers)}",
                f"--num_workers={workers}",
                *SIZES,
            ]
        )
    assert content(tmp_path / "1") == content(tmp_path / "2")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
