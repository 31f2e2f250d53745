"""What trains and what does not: one regex over parameter paths."""

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pali_tf.errors import UserError


@dataclasses.dataclass(frozen=True)
class Split:
    """The paths of a model, split by a regex."""

    trainable: tuple[str, ...]
    frozen: tuple[str, ...]


def split_paths(paths: Iterable[str], trainable: str) -> Split:
    """Splits parameter paths by the TRAINABLE regex.

    Example: r"(?!vision/).*" trains all but the ViT.
    """
    try:
        pattern = re.compile(trainable)
    except re.error as error:
        raise UserError(
            f"TRAINABLE {trainable!r} is not a regular expression: {error}."
        ) from error
    paths = tuple(paths)
    matched = tuple(path for path in paths if pattern.fullmatch(path))
    if not matched:
        roots = sorted({path.split("/")[0] for path in paths})
        raise UserError(
            f"TRAINABLE {trainable!r} matches no parameter, so nothing would "
            f"train. It must match whole paths; the paths start with {roots}."
        )
    chosen = set(matched)
    return Split(matched, tuple(p for p in paths if p not in chosen))


def table(
    specs: Mapping[str, Any], split: Split, origins: Mapping[str, str]
) -> str:
    """Formats what trains and where its values are from, by sub-tree.

    Returns:
        A table, one line a (sub-tree, trains or not, origin).
    """
    trainable = set(split.trainable)
    rows: dict[tuple[str, str, str], list[int]] = {}
    for path, spec in specs.items():
        role = "trains" if path in trainable else "frozen"
        key = (path.split("/")[0], role, origins.get(path, "drawn"))
        rows.setdefault(key, []).append(math.prod(spec.shape))
    lines = [f"{'part':<18} {'':<7} {'arrays':>7} {'numbers':>15}  from"]
    for (part, role, origin), sizes in rows.items():
        lines.append(
            f"{part:<18} {role:<7} {len(sizes):>7} {sum(sizes):>15,}  {origin}"
        )
    total = sum(math.prod(spec.shape) for spec in specs.values())
    moving = sum(math.prod(specs[path].shape) for path in split.trainable)
    lines.append(f"trains {moving:,} of {total:,} numbers")
    return "\n".join(lines)
