"""The logical axes of every parameter, as one table from path to names.

The names are T5X's (`embed`, `mlp`, `heads`, `kv`, `joined_kv`, `vocab`), so
that its axis rules apply as they are.

Source: google-research/t5x, examples/t5/layers.py and network.py.
"""

import re

from pali_tf.types import LogicalAxes

# The first pattern that matches the whole path decides.
_RULES: tuple[tuple[str, LogicalAxes], ...] = (
    # Language: the mT5 tree.
    (r"token_embedder/embedding", ("vocab", "embed")),
    (r".*/relpos_bias/rel_embedding", ("heads", "relpos_buckets")),
    (r".*/logits_dense/kernel", ("embed", "vocab")),
    (r".*/scale", ("embed",)),
    # Both towers: projections.
    (r".*attention/(query|key|value)/kernel", ("embed", "joined_kv")),
    (r".*attention/(query|key|value)/bias", ("joined_kv",)),
    (r".*attention/out/kernel", ("joined_kv", "embed")),
    (r".*attention/out/bias", ("embed",)),
    (r".*mlp/wi(_[01])?/kernel", ("embed", "mlp")),
    (r".*mlp/wi/bias", ("mlp",)),
    (r".*mlp/wo/kernel", ("mlp", "embed")),
    (r".*mlp/wo/bias", ("embed",)),
    # Vision.
    (r".*patch_embedding/projection/kernel", ("patch", "embed")),
    (r".*patch_embedding/projection/bias", ("embed",)),
    (r".*position_embedding/embedding", ("length", "embed")),
    (r".*_norm/(gamma|beta)", ("embed",)),
    (r".*map_head/probe", (None, "embed")),
    (r"(.*/)?head/kernel", ("embed", "classes")),
    (r"(.*/)?head/bias", ("classes",)),
    # PaLI: vision width to language width. Only one of the two may be
    # sharded, and the language side is the larger.
    (r"connector/kernel", ("vision_embed", "embed")),
    (r"connector/bias", ("embed",)),
)
# An adapter of a projection: A [rows, rank] or B [rank, columns].
_ADAPTER = re.compile(r"(.*/)lora_(kernel|embedding)s?_([ab])")
# A parameter of a scanned stack: the blocks' one, with an axis before.
_SCANNED = re.compile(r"(.*/)?layers/.*")
_COMPILED = tuple((re.compile(pattern), axes) for pattern, axes in _RULES)


def is_scanned(path: str) -> bool:
    """Whether the parameter at `path` leads with the axis "layers"."""
    return _SCANNED.fullmatch(path) is not None


def logical_axes(path: str, num_dimensions: int) -> LogicalAxes:
    """Gives the logical axis of each dimension of the parameter at `path`.

    Raises:
        ValueError: no rule names the parameter, or its rank differs. An
            unnamed parameter would be replicated in silence.
    """
    adapter = _ADAPTER.fullmatch(path)
    if adapter:
        owner, kind, which = adapter.groups()
        rows, columns = logical_axes(f"{owner}{kind}", num_dimensions)
        return (rows, "lora_rank") if which == "a" else ("lora_rank", columns)
    for pattern, axes in _COMPILED:
        if pattern.fullmatch(path):
            if is_scanned(path):
                axes = ("layers", *axes)
            if len(axes) != num_dimensions:
                raise ValueError(
                    f"{path} has {num_dimensions} dimensions, but its rule "
                    f"{pattern.pattern!r} names {axes}."
                )
            return axes
    raise ValueError(
        f"No logical axes for parameter {path}: add a rule to "
        "pali_tf/partitioning/logical_axes.py."
    )
