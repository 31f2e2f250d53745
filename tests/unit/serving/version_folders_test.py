import pytest

from serving.version_folders import version_path


def test_the_next_free_version(tmp_path):
    assert version_path(tmp_path / "new") == tmp_path / "new" / "1"
    for name in ("2", "10", "tmp-30-1"):
        (tmp_path / name).mkdir()
    assert version_path(tmp_path) == tmp_path / "11"
    assert version_path(tmp_path, 7) == tmp_path / "7"


def test_versions_that_cannot_be(tmp_path):
    (tmp_path / "2").mkdir()
    with pytest.raises(ValueError, match="next free version is 3"):
        version_path(tmp_path, 2)
    with pytest.raises(ValueError, match="positive integer, not 0"):
        version_path(tmp_path, 0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
