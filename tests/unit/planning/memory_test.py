"""Bytes by part, by formula."""

import math

import jax
import pytest

from pali_tf.planning import memory
from pali_tf.planning.memory import PartMemory, memory_by_part, part_of
from pali_tf.planning.run import bytes_on_a_device, layout_of
from tests.support.planned_run import make_run
from tests.support.tiny_pali import make_config


def parts_of(run, devices=8):
    found = memory_by_part(run, layout_of(run).mesh(devices))
    return {part.part: part for part in found}


def test_the_state_is_that_of_the_trainer():
    run = make_run(num_partitions=1)
    parts = parts_of(run, devices=1).values()
    state = run.trainer.abstract_state
    held = sum(map(bytes_on_a_device, state.trainable.values())) + sum(
        map(bytes_on_a_device, state.frozen.values())
    )
    assert sum(part.parameters for part in parts) == held
    trained = sum(
        4 * math.prod(leaf.shape) for leaf in state.trainable.values()
    )
    assert sum(part.gradients for part in parts) == trained
    slots = sum(
        math.prod(x.shape) * x.dtype.itemsize
        for x in jax.tree.leaves(state.optimizer)
    )
    # But for the counters, which belong to no part.
    counters = slots - sum(part.optimizer for part in parts)
    assert 0 <= counters <= 16


@pytest.mark.parametrize(
    ("axes", "shards"),
    [
        ({"num_partitions": 2}, 2),
        ({"num_partitions": 2, "num_fsdp_partitions": 4}, 8),
    ],
)
def test_a_kernel_is_split_over_its_axes(axes, shards):
    whole = parts_of(make_run(num_partitions=1))["logits"]
    split = parts_of(make_run(**axes))["logits"]
    assert split.parameters * shards == whole.parameters
    assert split.gradients * shards == whole.gradients


def test_what_is_frozen_has_no_gradient_and_keeps_nothing():
    vision = parts_of(make_run(num_partitions=1))["vision"]
    assert (vision.gradients, vision.optimizer, vision.kept) == (0, 0, 0)
    assert vision.parameters > 0
    assert vision.working > 0


@pytest.mark.slow
def test_policies_keep_less_in_turn():
    kept = [
        parts_of(
            make_run(
                make_config(depth=9, scan_layers=True, remat_policy=policy),
                num_partitions=1,
            )
        )["encoder"].kept
        for policy in ("none", "block", "full")
    ]
    assert kept[0] > kept[1] > kept[2] > 0


def test_microbatches_halve_activations():
    whole = parts_of(make_run(num_partitions=1))
    half = parts_of(make_run(num_partitions=1, num_microbatches=2))
    for name in whole:
        assert half[name].kept == pytest.approx(whole[name].kept / 2, abs=1)
        assert half[name].parameters == whole[name].parameters


def test_the_peak_has_one_working_set():
    parts = [
        PartMemory(part="encoder", parameters=10, kept=1, working=7),
        PartMemory(part="decoder", parameters=20, kept=2, working=5),
    ]
    assert memory.peak_bytes(parts) == 10 + 20 + 1 + 2 + 7


def test_parts_of_paths():
    assert part_of("decoder/logits_dense/kernel") == "logits"
    assert part_of("token_embedder/embedding") == "embedder"
    assert part_of("decoder/layers/mlp/wo/kernel") == "decoder"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
