"""A full disk is told before it is full."""

import shutil

import pytest

from pali_tf.conversion.disk_space import check_space


def test_a_full_disk_is_told_before_it_is_full(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    check_space(tmp_path / "not" / "there", free // 2)
    with pytest.raises(ValueError, match=r"GB free; the target needs"):
        check_space(tmp_path / "not" / "there", 2 * free)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
