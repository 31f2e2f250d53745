"""int8 weights: stored as such, smaller, and near the floats."""

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file

from pali_tf.models.parameter_path import parameters_by_path
from pali_tf.presets import network as network_lib
from pali_tf.presets.model import PaliModel
from tests.support import tiny_pali
from tests.support.compile_cache import compile_cache
from tests.support.tiny_preset import PROMPT, make_images, make_model

pytestmark = pytest.mark.slow

IMAGES = make_images(3)
KERNEL = "encoder/layers_0/mlp/wo/kernel"


def logits(model):
    return np.asarray(jax.jit(model.network)(tiny_pali.make_batch()))


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


@pytest.fixture(scope="module")
def floats():
    return make_model()


@pytest.fixture(scope="module")
def quantized():
    model = make_model()
    model.quantize("int8")
    return model


# Largest error over the largest logit. Measured: 0.015 and 0.025.
@pytest.mark.parametrize("target,bound", [(None, 0.03), (".*", 0.04)])
def test_logits_are_near(floats, target, bound):
    model = make_model()
    model.quantize(**({} if target is None else {"target": target}))
    expected = logits(floats)
    error = np.abs(logits(model) - expected).max() / np.abs(expected).max()
    assert 0 < error < bound


def test_the_blocks_are_int8_and_a_quarter_of_the_size(floats, quantized):
    is_int8 = {
        path: variable.dtype == "int8"
        for path, variable in parameters_by_path(quantized.network).items()
    }
    # 6 projections in a ViT's block, 7 in an encoder's, 11 in a decoder's.
    assert sum(is_int8.values()) == 2 * (6 + 7 + 11)
    assert is_int8[KERNEL]
    assert not is_int8["token_embedder/embedding"]
    assert not is_int8["decoder/logits_dense/kernel"]
    kernels = [
        variable
        for path, variable in parameters_by_path(floats.network).items()
        if is_int8[path]
    ]
    numbers = sum(int(np.prod(v.shape)) for v in kernels)
    columns = sum(v.shape[1] for v in kernels)
    # A byte a number and a float32 a column, in place of a float32 a number.
    saved = floats.num_bytes - quantized.num_bytes
    assert saved == 3 * numbers - 4 * columns
    assert quantized.num_bytes < floats.num_bytes / 1.9


def test_a_preset_holds_int8(floats, quantized, tmp_path):
    path = quantized.save_to_preset(tmp_path / "preset")
    stored = load_file(path / "model.safetensors")
    assert stored[KERNEL].dtype == np.int8
    assert stored[f"{KERNEL}_scale"].shape == stored[KERNEL].shape[1:]
    size = (path / "model.safetensors").stat().length
    as_floats = floats.save_to_preset(tmp_path / "floats")
    assert size < (as_floats / "model.safetensors").stat().length
    found = PaliModel.from_preset(path)
    assert found.config == quantized.config
    assert found.num_bytes == quantized.num_bytes
    np.testing.assert_array_equal(
        found.score(IMAGES, PROMPT, "two"),
        quantized.score(IMAGES, PROMPT, "two"),
    )


def test_a_block_is_int8_before_the_next_is_built(quantized, monkeypatch):
    built = []

    def build(block):
        original = block.build

        def record(shape):
            original(shape)
            built.append({v.dtype for v in block.variables})

        return record

    class Recorded(network_lib.Pali):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            for block in self.encoder.stack.blocks:
                block.build = build(block)

        def build(self, input_shape=None):
            super().build(input_shape)
            self.dtypes_when_built = {v.dtype for v in self.variables}

    monkeypatch.setattr(network_lib, "Pali", Recorded)
    network = network_lib.build_network(quantized.config)
    # Each was float when its own build ended, and int8 right after.
    assert built == [{"float32"}, {"float32"}]
    assert "int8" in network.dtypes_when_built


def test_another_target_is_refused(quantized):
    with pytest.raises(ValueError, match="The model is Quantization"):
        quantized.quantize(target=".*")
    with pytest.raises(ValueError, match="is 'int3'; there is 'int8'"):
        quantized.quantize("int3")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
