"""Bytes of a training step on one device, by part of the model, by formula.

An estimate: what XLA keeps besides is its own affair. Its verdict is that of
`ahead_of_time`.
"""

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np
from jax.sharding import AbstractMesh, NamedSharding

from pali_tf.layers.stack import num_groups
from pali_tf.partitioning import shardings
from pali_tf.planning.matrix_products import Tower, towers
from pali_tf.planning.run import Run

PARTS = ("vision", "connector", "embedder", "encoder", "decoder", "logits")
# Copies of the float32 logits at their gradient: they and their gradient.
_COPIES_OF_LOGITS = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class PartMemory:
    """Bytes of one part on one device.

    Attributes:
        part: one of PARTS.
        parameters: as they are held between steps.
        optimizer: its slots.
        gradients: in the type of the parameters.
        kept: activations that the gradient waits for.
        working: activations of the block that is being computed, with their
            gradients; of all parts only the largest is there at a time.
    """

    part: str
    parameters: int = 0
    optimizer: int = 0
    gradients: int = 0
    kept: int = 0
    working: int = 0


def peak_bytes(parts: Iterable[PartMemory]) -> int:
    """Gives all that is there at once at the fullest moment."""
    parts = list(parts)
    held = sum(p.parameters + p.optimizer + p.gradients for p in parts)
    return held + activation_bytes(parts)


def activation_bytes(parts: Iterable[PartMemory]) -> int:
    """Gives the activations that are there at the fullest moment."""
    parts = list(parts)
    return sum(p.kept for p in parts) + max(p.working for p in parts)


def memory_by_part(run: Run, mesh: AbstractMesh) -> list[PartMemory]:
    """Estimates the bytes of a step."""
    state = _state_sums(run, mesh)
    activations = _activations(run, mesh)
    return [
        PartMemory(part=part, **state.get(part, {}), **activations[part])
        for part in PARTS
    ]


def part_of(path: str) -> str:
    """Gives the part that a parameter belongs to.

    Example: part_of("decoder/logits_dense/kernel") == "logits".
    """
    root = path.split("/")[0]
    if path.startswith("decoder/logits_dense/"):
        return "logits"
    return "embedder" if root == "token_embedder" else root


def _state_sums(run: Run, mesh: AbstractMesh) -> dict[str, dict[str, int]]:
    trainer = run.trainer
    specs = trainer.model.functional.specs
    rules = trainer.partitioner
    places = rules.parameter_shardings(mesh, specs)  # type: ignore[arg-type]
    trains = set(trainer.split.trainable)
    sums: dict[str, dict[str, int]] = {}

    def add(path: str, what: str, size: int) -> None:
        of_part = sums.setdefault(part_of(path), {})
        of_part[what] = of_part.get(what, 0) + size

    for path, spec in specs.items():
        count = math.prod(places[path].shard_shape(spec.shape))
        if path in trains:
            add(path, "parameters", 4 * count)
            add(path, "gradients", 4 * count)
        else:
            dtype = np.dtype(
                jax.dtypes.canonicalize_dtype(trainer.model.frozen_dtype)
            )
            add(path, "parameters", dtype.itemsize * count)
    for path, size in _slots(trainer, specs, places):
        add(path, "optimizer", size)
    return sums


def _slots(
    trainer: Any, specs: Any, places: dict[str, NamedSharding]
) -> list[tuple[str, int]]:
    trainable = {
        path: jax.ShapeDtypeStruct(specs[path].shape, specs[path].dtype)
        for path in trainer.split.trainable
    }
    optimizer = trainer.model.optimizer_def.make(trainer.learning_rate_fn)
    slots = jax.eval_shape(optimizer.init, trainable)
    sizes = []
    for keys, leaf in jax.tree_util.tree_flatten_with_path(slots)[0]:
        names = [getattr(key, "key", None) for key in keys]
        path = next((n for n in names if n in places), None)
        if path is None:
            continue
        place = shardings.slot_sharding(specs[path].shape, places[path], leaf)
        count = math.prod(place.shard_shape(leaf.shape))
        sizes.append((path, count * leaf.dtype.itemsize))
    if trainer.ema_decay is not None:
        sizes += [
            (path, 4 * math.prod(places[path].shard_shape(leaf.shape)))
            for path, leaf in trainable.items()
        ]
    return sizes


def _inside(tower: Tower, rows: float, model: int) -> float:
    """Numbers of one block's activations."""
    tokens = rows * tower.tokens
    keys = _memory_length(tower)
    attention = (
        2 * tokens * tower.joined
        + 2 * rows * keys * tower.joined
        # Logits and weights of attention; float32 counts twice.
        + 3 * rows * tower.heads * tower.tokens * keys
    ) / model
    hidden = (len(tower.gates) + 1) * tokens * tower.hidden / model
    norms = 3 * tokens * tower.width
    return len(tower.keys) * attention + hidden + norms


def _memory_length(tower: Tower) -> int:
    return [*tower.keys.values()][-1]


def _activations(run: Run, mesh: AbstractMesh) -> dict[str, dict[str, int]]:
    model_size = mesh.shape["model"]
    parts = run.trainer.num_microbatches or 1
    rows = run.batch_size / (parts * mesh.size / model_size)
    config = run.trainer.model.config
    size = 2 if config.language.dtype == "bfloat16" else 4
    trains = {part_of(path) for path in run.trainer.split.trainable}
    width_shards = model_size if _shards_width(run) else 1
    found: dict[str, dict[str, int]] = {part: {} for part in PARTS}
    for tower in towers(config, run.num_inputs, run.num_targets):
        part, is_vision = tower.part, tower.part == "vision"
        policy = (config.vision if is_vision else config.language).remat_policy
        inside = size * _inside(tower, rows, model_size)
        given = size * rows * tower.tokens * tower.width / width_shards
        kept = 0.0
        if not is_vision or part in trains:
            kept = _kept(policy, tower.depth, given, inside)
        if part == "decoder":
            # Keys and values of the memory, of every block.
            pair = 2 * rows * _memory_length(tower) * tower.joined / model_size
            kept += size * tower.depth * pair
        found[part] = {
            "kept": int(kept),
            "working": int(inside * (2 if kept else 1)),
        }
    logits = rows * run.num_targets * config.language.vocab_size / model_size
    found["logits"] = {"working": int(4 * _COPIES_OF_LOGITS * logits)}
    return found


def _kept(policy: str, depth: int, given: float, inside: float) -> float:
    if policy == "none":
        return depth * inside
    if policy == "block":
        return depth * given
    groups = num_groups(depth)
    return (groups + depth / groups) * given


def _shards_width(run: Run) -> bool:
    return ("embed", "model") in list(run.trainer.partitioner.rules())
