"""Sums by task, and the first step that went wrong."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pali_tf.training import metrics

BATCH = {
    "task_id": jnp.asarray([1, 0, 1], jnp.int32),
    "image_mask": jnp.asarray([True, False, True]),
    "encoder_input_tokens": jnp.asarray([[5, 6], [7, 0], [0, 0]], jnp.int32),
}


def examples(cross_entropy):
    return metrics.ExampleMetrics(
        cross_entropy=jnp.asarray(cross_entropy, jnp.float32),
        z_loss=jnp.zeros(3),
        num_correct=jnp.asarray([1.0, 0.0, 2.0]),
        num_tokens=jnp.asarray([2.0, 2.0, 2.0]),
    )


@pytest.mark.slow
def test_summary_of_two_batches():
    sums = metrics.zeros(3)
    for step in (1, 2):
        sums = metrics.add(sums, examples([1, 2, 3]), BATCH, step)
    summary = metrics.summarize(jax.device_get(sums), ("a", "b", "c"))
    assert summary == {
        "loss": 1.0,
        "accuracy": 0.5,
        "z_loss": 0.0,
        "examples": 6,
        "loss/a": 1.0,
        "accuracy/a": 0.0,
        "examples/a": 2,
        "loss/b": 1.0,
        "accuracy/b": 0.75,
        "examples/b": 4,
    }
    assert int(sums.num_images) == 4
    assert int(sums.num_input_tokens) == 6
    assert int(sums.first_bad_step) == -1


def test_more_tokens_than_int32_counts():
    sums = dataclasses.replace(
        metrics.zeros(2), num_input_tokens=jnp.int32(2**30 - 1)
    )
    for step in (1, 2):
        sums = metrics.add(sums, examples([1, 2, 3]), BATCH, step)
    assert jax.device_get(sums).count_input_tokens() == 2**30 + 5
    many = dataclasses.replace(sums, num_carries=jnp.int32(10))
    assert jax.device_get(many).count_input_tokens() == 10 * 2**30 + 5


def test_sums_come_back_from_json_exactly():
    sums = metrics.add(metrics.zeros(2), examples([0.1, 1 / 3, 1e30]), BATCH, 1)
    sums = jax.device_get(sums)
    stored = json.loads(json.dumps(metrics.to_json(sums, ("a", "b"))))
    assert stored["num_examples"] == {"a": 1, "b": 2}
    again = metrics.from_json(stored, ("a", "b"))
    for x, y in zip(jax.tree.leaves(sums), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(x, y)
        assert x.dtype == y.dtype
    other = metrics.from_json(stored, ("new", "b"))
    assert other.num_examples.tolist() == [0, 2]


def test_the_first_bad_step_stays():
    sums = metrics.zeros(2)
    for step, value in ((1, 1.0), (2, np.nan), (3, np.inf), (4, 1.0)):
        sums = metrics.add(sums, examples([value, 1, 1]), BATCH, step)
    assert int(sums.first_bad_step) == 2


def test_a_gradient_that_is_not_finite_is_bad():
    sums = metrics.add(metrics.zeros(2), examples([1, 1, 1]), BATCH, 1, 2.0)
    sums = metrics.add(sums, examples([1, 1, 1]), BATCH, 2, jnp.inf)
    assert int(sums.first_bad_step) == 2


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
