"""The TRAINABLE regex and the table of what trains."""

import pytest

from pali_tf.training import freezing
from tests.support.toy_model import SPECS


def test_all_but_the_vit():
    split = freezing.split_paths(SPECS, r"(?!vision/).*")
    assert split.frozen == ("vision/kernel",)
    assert len(split.trainable) == 3


def test_the_whole_path_must_match():
    assert freezing.split_paths(["a/b", "b"], "b").trainable == ("b",)


def test_everything_may_train():
    assert freezing.split_paths(SPECS, ".*").frozen == ()


def test_nothing_trains_is_an_error():
    with pytest.raises(ValueError, match="paths start with .*'vision'"):
        freezing.split_paths(SPECS, "language/.*")


def test_malformed_regex():
    with pytest.raises(ValueError, match="not a regular expression"):
        freezing.split_paths(SPECS, "(vision")


def test_table_tells_roles_sizes_and_origins():
    split = freezing.split_paths(SPECS, r"(?!vision/).*")
    text = freezing.table(SPECS, split, {"vision/kernel": "/vit"})
    lines = [line.split() for line in text.splitlines()]
    assert ["vision", "frozen", "1", "96", "/vit"] in lines
    assert ["decoder", "trains", "2", "384", "drawn"] in lines
    assert lines[-1] == ["trains", "512", "of", "608", "numbers"]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
