"""What a DecodingConfig accepts."""

import sys

import pytest

from pali_tf.decoding.config import DecodingConfig


@pytest.mark.parametrize(
    ("fields", "method"),
    [
        ({}, "greedy"),
        ({"num_beams": 4, "num_return": 4}, "beam search"),
        ({"temperature": 0.7, "top_k": 5, "num_return": 3}, "sampling"),
        ({"temperature": 1.0, "top_p": 1.0}, "sampling"),
    ],
)
def test_the_fields_say_the_method(fields, method):
    assert DecodingConfig(**fields).method == method


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"num_beams": 0}, "num_beams is 0, below 1"),
        ({"num_return": 0}, "num_return is 0, below 1"),
        ({"alpha": -0.1}, "alpha is -0.1, below 0"),
        ({"temperature": -1.0}, "temperature is -1.0: not 0"),
        ({"temperature": 1e-6}, "temperature is 1e-06: not 0"),
        ({"temperature": 1.0, "top_k": 0}, "top_k is 0, below 1"),
        ({"temperature": 1.0, "top_p": 0.0}, r"top_p is 0.0, not in \(0, 1\]"),
        ({"temperature": 1.0, "top_p": 1.5}, r"top_p is 1.5, not in \(0, 1\]"),
        ({"seed": -1}, "seed is -1"),
        ({"top_k": 5}, "top_k is 5, but nothing is sampled"),
        ({"top_p": 0.9}, "top_p is 0.9, but nothing is sampled"),
        ({"num_beams": 4, "temperature": 1.0}, "or sample, not both"),
        ({"num_return": 2}, "num_return is 2, more than num_beams, 1"),
        ({"num_beams": 2, "num_return": 3}, "more than num_beams, 2"),
    ],
)
def test_what_does_not_fit_is_named(fields, message):
    with pytest.raises(ValueError, match=message):
        DecodingConfig(**fields)


def test_the_module_is_stdlib_only():
    names = vars(sys.modules[DecodingConfig.__module__])
    assert not names.keys() & {"jax", "keras", "np", "numpy", "ops"}


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
