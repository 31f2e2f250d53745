"""mT5 gives what Hugging Face's and T5X's give with the same weights."""

import numpy as np
import pytest

from pali_tf.models.layout_change import change_layout
from tests.parity.cases import mt5
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

HUGGING_FACE = load(TESTDATA / "mt5_huggingface/outputs.npz")
T5X = load(TESTDATA / "mt5_t5x_outputs/outputs.npz")
STRIDE = 4  # Of T5X's golden, which has every fourth position.
RUNS = {
    "jax": (run_on_jax, {}),
    "jax, scanned": (run_on_jax, {"scan_layers": True}),
    "tensorflow": (run_on_tensorflow, {}),
}


def make_parameters() -> Arrays:
    """The converted language part, and a ViT that must not matter."""
    parameters = read_checkpoint(TESTDATA / "mt5_huggingface")
    rng = np.random.default_rng(1)
    for path, spec in functional(mt5).specs.items():
        if path.startswith(("vision/", "connector/")):
            parameters[path] = rng.standard_normal(spec.shape).astype("float32")
    return parameters


@pytest.fixture(scope="module", params=RUNS)
def ours(request) -> Arrays:
    run, options = RUNS[request.param]
    inputs = HUGGING_FACE | {"penalized_prompts": T5X["prompts"]}
    specs = functional(mt5, **options).specs
    return run(mt5, change_layout(make_parameters(), specs), inputs, **options)


def test_each_block(ours: Arrays, record_property):
    names = [
        *(f"encoder_block_{i}" for i in range(3)),
        *(f"decoder_block_{i}" for i in range(2)),
    ]
    check_close(ours, HUGGING_FACE, names, LAYER_TOLERANCE, record_property)


def test_end_to_end(ours: Arrays, record_property):
    names = ["encoded", "logits"]
    check_close(ours, HUGGING_FACE, names, MODEL_TOLERANCE, record_property)


def test_visual_tokens_before_text(ours: Arrays, record_property):
    names = ["joined_encoded"]
    check_close(ours, HUGGING_FACE, names, MODEL_TOLERANCE, record_property)


def test_end_to_end_of_t5x(ours: Arrays, record_property):
    # What padding is encoded to is read by none, and is not the same.
    valid = HUGGING_FACE["encoder_input_tokens"][:, ::STRIDE] != 0
    check_close(
        {
            "encoded": ours["encoded"][:, ::STRIDE][valid],
            "logits": ours["logits"][:, ::STRIDE],
        },
        T5X | {"encoded": T5X["encoded"][valid]},
        ["encoded", "logits"],
        MODEL_TOLERANCE,
        record_property,
    )


@pytest.mark.parametrize(
    ("method", "reference"),
    [("greedy", HUGGING_FACE), ("beam", HUGGING_FACE), ("penalized", T5X)],
    ids=["greedy", "beam", "beam with T5X's brevity penalty"],
)
def test_decoding(
    ours: Arrays, method: str, reference: Arrays, record_property
):
    tokens = f"{method}_tokens"
    np.testing.assert_array_equal(ours[tokens], reference[tokens])
    names = [f"{method}_scores"]
    check_close(ours, reference, names, MODEL_TOLERANCE, record_property)


def test_goldens_tell_something():
    tokens, beams = HUGGING_FACE["greedy_tokens"], HUGGING_FACE["beam_tokens"]
    ended_early = tokens[:, -1] == 0
    assert ended_early.any() and not ended_early.all()
    assert np.any(beams[:, 0] != tokens)
    assert len(np.unique(beams[:, 0], axis=0)) >= 4
    # The penalty changes the order of some answers.
    penalized = T5X["penalized_scores"]
    lengths = (T5X["penalized_tokens"] != 0).sum(-1)
    sums = penalized * ((5 + lengths) / 6) ** 0.6
    assert np.any(np.diff(sums, axis=1) > 0)
    assert HUGGING_FACE["encoder_input_tokens"].shape[1] > 128


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
