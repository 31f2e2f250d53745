"""The names of a run file, and which engine they are of."""

import re

import pytest

from pali_tf import runtime
from pali_tf.engines import native
from pali_tf.training import configs
from tests.support.repository import ROOT, files

COMMENT = re.compile(r"#.*$", re.MULTILINE)
NAMES = re.compile(r"\bruntime\.(\w+)")


def test_every_name_that_a_run_file_binds_is_here():
    bound = {
        found
        for path in files(".gin", "gin")
        for found in NAMES.findall(COMMENT.sub("", path.read_text()))
    }
    assert bound <= set(dir(runtime))
    assert bound >= {"Trainer", "DatasetConfig", "Adafactor"}


def test_the_names_are_the_native_engines_here():
    assert runtime.DatasetConfig is configs.DatasetConfig
    for name in native.__all__:
        assert getattr(runtime, name) is getattr(native, name)


def test_both_engines_give_the_same_names():
    source = (ROOT / "pali_tf/engines/t5x/objects.py").read_text()
    listed = source.split("__all__ = [")[1].split("]")[0]
    assert re.findall(r'"(\w+)"', listed) == native.__all__


def test_a_mixture_is_named_or_given_by_rates():
    assert runtime.mixture("webli_ocr").name == "webli_ocr"
    found = runtime.mixture({"webli_ocr": 0.5, "cc3m35l_captioning": 1})
    assert {task.name: found.get_rate(task) for task in found.tasks} == {
        "webli_ocr": 0.5,
        "cc3m35l_captioning": 1,
    }
    with pytest.raises(ValueError, match="did you mean 'captioning'"):
        runtime.mixture("captionings:webli")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
