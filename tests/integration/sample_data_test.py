"""The sample written by several processes, byte for byte."""

import pytest

from pali_tf.files import as_path
from pali_tf.sample_world import world
from pali_tf.sample_world.writing import write_sample

SIZES = {"num_train": 1500, "num_validation": 2, "num_test": 3}


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_number_of_workers(tmp_path):
    config = world.make_config(level="grid", seed=0, **SIZES)
    for workers in (1, 2):
        write_sample(config, as_path(tmp_path / str(workers)), workers)
    assert content(tmp_path / "1") == content(tmp_path / "2")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
