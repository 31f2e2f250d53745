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
    """Estimates the bytes of a step.

    Args:
        run: what is planned.
        mesh: the shape of its mesh.
    """
    state = _state_sums(run, mesh)
    activations = _activations(run, mesh)
    return [
        PartMemory(part=part, **state.get(part, {}), **activations[part])
        for part in PARTS
    ]


def state_by_part(run: Run, mesh: AbstractMesh) -> list[PartMemory]:
    """Gives what is there between steps, and the gradients, alone."""
    state = _state_sums(run, mesh)
    return [PartMemory(part=part, **state.get(part, {})) for part in PARTS]


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Tower:
    tokens: int
    keys: int
    width: int
    heads: int
    joined: int
    hidden: int
    gates: int
    depth: int
    attentions: int = 1

    def block_input(self, rows: float, width_shards: int) -> float:
        return rows * self.tokens * self.width / width_shards

    def inside(self, rows: float, model: int) -> float:
        """Numbers of one block's activations, of two bytes each."""
        tokens = rows * self.tokens
        attention = (
            2 * tokens * self.joined
            + 2 * rows * self.keys * self.joined
            # Logits and weights of attention; float32 counts twice.
            + 3 * rows * self.heads * self.tokens * self.keys
        ) / model
        hidden = (self.gates + 1) * tokens * self.hidden / model
        norms = 3 * tokens * self.width
        return self.attentions * attention + hidden + norms


def _towers(run: Run) -> dict[str, _Tower]:
    config = run.trainer.model.config
    vision, language = config.vision, config.language
    length = vision.num_patches + run.num_inputs
    shared: dict[str, Any] = {
        "width": language.emb_dim,
        "heads": language.num_heads,
        "joined": language.num_heads * language.head_dim,
        "hidden": language.mlp_dim,
        "gates": 2,
    }
    return {
        "vision": _Tower(
            tokens=vision.num_patches,
            keys=vision.num_patches,
            width=vision.width,
            heads=vision.num_heads,
            joined=vision.width,
            hidden=vision.mlp_dim,
            gates=1,
            depth=vision.depth,
        ),
        "encoder": _Tower(
            **shared,
            tokens=length,
            keys=length,
            depth=language.num_encoder_layers,
        ),
        "decoder": _Tower(
            **shared,
            tokens=run.num_targets,
            keys=length,
            depth=language.num_decoder_layers,
            attentions=2,
        ),
    }


def _activations(run: Run, mesh: AbstractMesh) -> dict[str, dict[str, int]]:
    model_size = mesh.shape["model"]
    parts = run.trainer.num_microbatches or 1
    rows = run.batch_size / (parts * mesh.size / model_size)
    config = run.trainer.model.config
    size = 2 if config.language.dtype == "bfloat16" else 4
    trains = {part_of(path) for path in run.trainer.split.trainable}
    width_shards = model_size if _shards_width(run) else 1
    found: dict[str, dict[str, int]] = {part: {} for part in PARTS}
    for part, tower in _towers(run).items():
        is_vision = part == "vision"
        policy = (config.vision if is_vision else config.language).remat_policy
        inside = size * tower.inside(rows, model_size)
        given = size * tower.block_input(rows, width_shards)
        kept = 0.0
        if not is_vision or part in trains:
            kept = _kept(policy, tower.depth, given, inside)
        if part == "decoder":
            # Keys and values of the memory, of every block.
            pair = 2 * rows * tower.keys * tower.joined / model_size
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
