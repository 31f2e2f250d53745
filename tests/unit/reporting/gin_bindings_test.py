"""Bindings from the text that gin writes."""

import ast

import pytest

import gin
from pali_tf.reporting.gin_bindings import parse_bindings, resolve

TEXT = """\
from __gin__ import dynamic_registration
import __main__ as train_script

# Macros:
# ====
BATCH_SIZE = 32
LENGTHS = {'images': %IMAGE_SIZE, 'inputs': 40}
OPTIMIZER = @runtime.Adafactor()

# Parameters for train/f:
train/f.batch_size = %BATCH_SIZE
f.factors = \\
    'constant * linear_warmup'
f.table = \\
    {'a': 1,
     'b': 2}
"""


def test_each_binding_is_one_line():
    assert parse_bindings(TEXT) == {
        "BATCH_SIZE": "32",
        "LENGTHS": "{'images': %IMAGE_SIZE, 'inputs': 40}",
        "OPTIMIZER": "@runtime.Adafactor()",
        "train/f.batch_size": "%BATCH_SIZE",
        "f.factors": "'constant * linear_warmup'",
        "f.table": "{'a': 1, 'b': 2}",
    }


def test_what_gin_wraps_is_read_back():
    """A value that gin breaks over lines, by gin itself."""
    value = {f"a_rather_long_key_{i}": i for i in range(20)}
    with gin.unlock_config():
        gin.clear_config()
        gin.parse_config(f"WIDE = {value}\nNARROW = 1")
        text = gin.config_str()
        gin.clear_config()
    bindings = parse_bindings(text)
    assert "\n" in text.split("WIDE = ")[1].split("}")[0]
    assert ast.literal_eval(bindings["WIDE"]) == value
    assert bindings["NARROW"] == "1"


def test_macros_are_followed():
    bindings = {"f.x": "%A", "A": "%B", "B": "1", "C": "%C", "D": "%gone"}
    assert resolve(bindings, "f.x") == "1"
    assert resolve(bindings, "C") == "%C"
    assert resolve(bindings, "D") is None
    assert resolve(bindings, "absent") is None


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
