"""What a conversion did, array by array."""

import collections
import dataclasses

from etils.epath import Path

from pali_tf import json_files
from pali_tf.conversion.name_map import Link
from pali_tf.conversion.reading import Parameters
from pali_tf.conversion.writing import Target

# Of the arrays that are not converted; the JSON has them all.
_MAX_NAMES = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One parameter of our tree on its way.

    Attributes:
        path: ours, unrolled.
        read: name, shape and type in the source.
        written: the same in the target; the shape is that of the whole array.
        done: what happened on the way: "transposed", "resized", "cast", ...
    """

    path: str
    read: tuple[str, tuple[int, ...], str]
    written: tuple[str, tuple[int, ...], str]
    done: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """The whole conversion.

    Attributes:
        source: where from, and its format.
        target: where to, and its format.
        allowed: names that --allow let pass.
        left_out: names of the source outside `--only`.
        note: what else the source holds.
    """

    source: tuple[str, str]
    target: tuple[str, str]
    lines: tuple[Line, ...]
    allowed: tuple[str, ...]
    left_out: tuple[str, ...]
    note: str
    num_bytes: int
    seconds: float

    def text(self) -> str:
        """The report for a person."""
        rows = [_row(line) for line in self.lines]
        read = len({line.read[0] for line in self.lines})
        written = len({line.written[0] for line in self.lines})
        counts = collections.Counter(
            word for line in self.lines for word in line.done
        )
        done = ", ".join(f"{n} {word}" for word, n in sorted(counts.items()))
        rate = self.num_bytes / max(self.seconds, 1e-9) / 1e6
        extra = {
            "allowed ": _some(self.allowed),
            "left out": _some(self.left_out),
            "note    ": self.note,
        }
        summary = [
            f"read     {read} arrays of {self.source[0]} ({self.source[1]})",
            f"written  {written} arrays, {self.num_bytes / 1e9:.3f} GB, to "
            f"{self.target[0]} ({self.target[1]})",
            f"done     {len(self.lines)} parameters: {done or 'as they are'}",
            f"time     {self.seconds:.1f} s, {rate:.0f} MB/s",
            *(f"{name} {text}" for name, text in extra.items() if text),
        ]
        return "\n".join([*rows, "", *summary])

    def write(self, path: Path) -> None:
        """Writes it as JSON."""
        json_files.write(path, dataclasses.asdict(self))


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_MAX_NAMES])
    more = len(names) - _MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def make_lines(
    parameters: Parameters, targets: list[Target]
) -> tuple[Line, ...]:
    """Gives a line for each parameter that is written."""
    return tuple(
        _make_line(parameters, link, target)
        for target in targets
        for link in target.links
    )


def _make_line(parameters: Parameters, link: Link, target: Target) -> Line:
    sizes, tensor = parameters.sizes, target.tensor
    origin = parameters.links[link.ours]
    info = parameters.source.infos[origin.theirs]
    own = origin.own_shape(info.shape)
    one = parameters.shapes[link.ours]
    words = list(origin.rule.transform.words(own, sizes))
    if origin.rule.stacked or origin.rule.part:
        words.append("split off")
    transform = link.rule.transform
    words += transform.words(transform.theirs_shape(one, sizes), sizes)
    if link.rule.stacked or link.rule.part:
        words.append("stacked")
    if info.dtype != tensor.dtype:
        words.append("cast")
    return Line(
        path=link.ours,
        read=(origin.theirs, info.shape, info.dtype.name),
        written=(target.name, tensor.shape, tensor.dtype.name),
        done=tuple(words),
    )


def _row(line: Line) -> str:
    read, written = (
        f"{name} {dtype}{list(shape)}"
        for name, shape, dtype in (line.read, line.written)
    )
    done = f"  ({', '.join(line.done)})" if line.done else ""
    return f"{read} -> {written}{done}"
