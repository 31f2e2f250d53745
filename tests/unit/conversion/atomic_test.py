"""A target has its name when it is whole, and leaves nothing else."""

import shutil

import pytest

from pali_tf.conversion.atomic import check_space, new_path


def test_a_file_gets_its_name_at_the_end(tmp_path):
    final = tmp_path / "deep" / "x.npz"
    with new_path(final) as path:
        path.write_text("all")
        assert not final.exists()
        assert path.name == final.name
    assert final.read_text() == "all"
    assert list(final.parent.iterdir()) == [final]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_after_an_error(tmp_path, error):
    with pytest.raises(error), new_path(tmp_path / "x") as path:
        path.mkdir()
        (path / "part").write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_exists_is_not_touched(tmp_path):
    final = tmp_path / "x"
    final.write_text("mine")
    with pytest.raises(FileExistsError, match="x exists"):
        with new_path(final):
            pytest.fail("was entered")
    assert final.read_text() == "mine"


def test_a_full_disk_is_told_before_it_is_full(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    check_space(tmp_path / "not" / "there", free // 2)
    with pytest.raises(ValueError, match=r"GB free; the target needs"):
        check_space(tmp_path / "not" / "there", 2 * free)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
