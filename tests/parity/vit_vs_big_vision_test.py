"""The ViT gives what big_vision's gives with the same weights."""

import numpy as np
import pytest

from pali_tf.models.layout_change import change_layout
from pali_tf.models.vit.position_table import resize_position_table
from tests.parity.cases import vit
from tests.parity.goldens.files import TESTDATA
from tests.support.both_backends import (
    Arrays,
    functional,
    load,
    run_on_jax,
    run_on_tensorflow,
)
from tests.support.checkpoint import read_checkpoint
from tests.support.parity import LAYER_TOLERANCE, MODEL_TOLERANCE, check_close

FOLDER = TESTDATA / "vit_big_vision"
GOLDEN = load(FOLDER / "outputs.npz")
BLOCKS = [f"block_{i}" for i in range(3)]
WHOLE = ["tokens", "pooled", "logits"]
RUNS = {
    "jax": (run_on_jax, {}),
    "jax, scanned": (run_on_jax, {"scan_layers": True}),
    "tensorflow": (run_on_tensorflow, {}),
}


@pytest.fixture(scope="module", params=RUNS)
def ours(request) -> Arrays:
    run, options = RUNS[request.param]
    specs = functional(vit, **options).specs
    parameters = change_layout(read_checkpoint(FOLDER / "vit.npz"), specs)
    return run(vit, parameters, {"images": GOLDEN["images"]}, **options)


def test_each_block(ours: Arrays, record_property):
    check_close(ours, GOLDEN, BLOCKS, LAYER_TOLERANCE, record_property)


def test_end_to_end(ours: Arrays, record_property):
    check_close(ours, GOLDEN, WHOLE, MODEL_TOLERANCE, record_property)


def test_larger_image(record_property):
    options = {"image_size": 70}
    specs = functional(vit, **options).specs
    parameters = change_layout(read_checkpoint(FOLDER / "vit.npz"), specs)
    inputs = {"images": GOLDEN["large_images"]}
    ours = run_on_jax(vit, parameters, inputs, **options)
    ours = {f"large_{name}": value for name, value in ours.items()}
    for names, tolerance in (
        (BLOCKS, LAYER_TOLERANCE),
        (WHOLE, MODEL_TOLERANCE),
    ):
        names = [f"large_{name}" for name in names]
        check_close(ours, GOLDEN, names, tolerance, record_property)


def test_file_of_a_scanned_model(tmp_path):
    with np.load(FOLDER / "vit.npz") as archive:
        unrolled = dict(archive)
    stacked = {
        name.replace("encoderblock_0", "encoderblock"): np.stack(
            [
                unrolled[name.replace("encoderblock_0", f"encoderblock_{i}")]
                for i in range(len(BLOCKS))
            ]
        )
        for name in unrolled
        if "/encoderblock_0/" in name
    }
    rest = {k: v for k, v in unrolled.items() if "/encoderblock_" not in k}
    np.savez(tmp_path / "scanned.npz", **stacked, **rest)
    expected = read_checkpoint(FOLDER / "vit.npz")
    found = read_checkpoint(tmp_path / "scanned.npz")
    assert found.keys() == expected.keys()
    for path, value in found.items():
        np.testing.assert_array_equal(value, expected[path], err_msg=path)


@pytest.mark.parametrize("image_size", [378, 490, 588])
def test_position_table_of_224_pixels(image_size: int, record_property):
    side = image_size // 14
    resized = resize_position_table(GOLDEN["position_table"], side**2)
    name = f"position_table_{side}"
    check_close({name: resized}, GOLDEN, [name], 1e-6, record_property)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
