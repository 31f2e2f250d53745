"""Classes scored together, in chunks, are as if each were scored alone."""

import functools

import jax
import numpy as np
import pytest

from pali_tf.decoding.score_classes import score_classes
from tests.support.tiny_decoding import FEATURES, MODEL, PARAMS, score
from tests.support.tiny_pali import make_batch

pytestmark = pytest.mark.slow

BATCH = make_batch()
CANDIDATES = np.array(
    [[5, 1, 0, 0], [9, 8, 1, 0], [4, 4, 4, 1], [1, 0, 0, 0], [7, 2, 1, 0]],
    np.int32,
)


@functools.partial(jax.jit, static_argnames="chunk_size")
def scored(candidates: np.ndarray, chunk_size: int):
    return MODEL.call(
        score_classes,
        PARAMS,
        *(BATCH[name] for name in FEATURES),
        candidates,
        chunk_size=chunk_size,
    )


def alone() -> np.ndarray:
    """float[B, C]: one class at a time, as a target of each example."""
    columns = [
        score(BATCH, np.tile(candidate, (3, 1))) for candidate in CANDIDATES
    ]
    return np.stack(columns, axis=1)


# Whole chunks, a last one that is filled up, and one larger than the classes.
@pytest.mark.parametrize("chunk_size", [1, 2, 5, 16])
def test_equals_each_class_alone(chunk_size):
    output = scored(CANDIDATES, chunk_size)
    np.testing.assert_allclose(output.scores, alone(), atol=1e-4)
    assert output.num_tokens.tolist() == [2, 3, 4, 1, 3]


def test_the_examples_differ():
    scores = np.asarray(scored(CANDIDATES, 2).scores)
    assert len({tuple(row) for row in scores.round(3).tolist()}) == 3


def test_logits_of_all_classes_are_never_held_at_once():
    many = np.tile(CANDIDATES, (40, 1))
    compiled = scored.lower(many, 2).compile()
    at_once = 3 * len(many) * 4 * 64 * 4
    assert compiled.memory_analysis().temp_size_in_bytes < at_once / 2


@pytest.mark.parametrize(("num_classes", "chunk_size"), [(0, 2), (5, 0)])
def test_nothing_to_score(num_classes, chunk_size):
    with pytest.raises(ValueError, match="must be at least 1"):
        scored(CANDIDATES[:num_classes], chunk_size)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
