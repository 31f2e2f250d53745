"""A network that waits for its values draws none."""

import numpy as np
import pytest

from pali_tf.models.parameter_path import parameters_by_path
from pali_tf.presets.config import PresetConfig
from pali_tf.presets.network import build_network
from tests.support import tiny_pali


def test_nothing_is_drawn():
    config = PresetConfig(
        model=tiny_pali.make_config(depth=1), prompt_length=4, text_length=4
    )
    values = parameters_by_path(build_network(config))
    for path, variable in values.items():
        expected = 1 if path.endswith(("/scale", "/gamma")) else 0
        np.testing.assert_array_equal(variable, expected, path)
    again = parameters_by_path(tiny_pali.make_pali(depth=1))
    assert np.asarray(again["connector/kernel"]).any()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
