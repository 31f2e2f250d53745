"""The collectives of a compiled step, from the text of its HLO.

A loop's body stands in the text once and runs as often as its condition says:
what is inside counts so many times.

It is text because jaxlib's own HloModule tells an instruction's name, opcode
and operands, not its shape, its groups or what it calls; a class for the proto
that has these is in TensorFlow's wheel alone.
"""

import dataclasses
import math
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

KINDS = (
    "all-gather",
    "all-reduce",
    "reduce-scatter",
    "all-to-all",
    "collective-permute",
)
_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$")
_INSTRUCTION = re.compile(
    r"^\s+(?:ROOT )?%?([\w.\-]+) = (.*?)(?<=[\])}]) ([a-z][\w\-]*)\((.*)$"
)
# "bf16[4,8]": its bits and its dimensions; "pred" has none, and a byte.
_ARRAY = re.compile(r"\b[a-z]+(\d*)\[([\d,]*)\]")
_CALLED = re.compile(r"(?:calls|body|condition|to_apply)=%?([\w.\-]+)")
_BRANCHES = re.compile(r"branch_computations=\{([^}]*)\}")
_BODY = re.compile(r"condition=%?([\w.\-]+), body=%?([\w.\-]+)")
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')
_CONSTANT = re.compile(r"%?([\w.\-]+) = [su]32\[\]\S* constant\((\d+)\)")
_COMPARE = re.compile(r"compare\([^,]*?, %?([\w.\-]+)\), direction=LT")
_GROUP = re.compile(r"replica_groups=\{\{([\d,]+)\}")
_ORDER = r"(\[[\d,]+\](?:T\([\d,]+\))?)"
_IOTA = re.compile(r"replica_groups=\[(\d+),(\d+)\]<=" + _ORDER)
_NAMED = re.compile(
    r"replica_groups=mesh\[([^\]]*)\](?:, device_ids=\("
    + _ORDER
    + r"\))? \{([^}]*)\}"
)
_PAIR = re.compile(r"source_target_pairs=\{\{(\d+),(\d+)\}")


@dataclasses.dataclass(frozen=True)
class Collective:
    """One collective instruction.

    Attributes:
        kind: one of KINDS.
        payload_bytes: of the whole array on one device: what an all-gather
            gives, what a reduction is given.
        group: devices that take part together, the first such group; empty:
            all of them.
        times: how often it runs in a step.
        where: JAX's name of the operation it came from.
    """

    kind: str
    payload_bytes: int
    group: tuple[int, ...]
    times: int
    where: str

    def wire_bytes(self, num_devices: int) -> float:
        """Bytes that a device sends in a step, on a ring."""
        size = len(self.group) or num_devices
        factor = {
            "all-reduce": 2 * (size - 1) / size,
            "collective-permute": 1.0,
        }.get(self.kind, (size - 1) / size)
        return self.times * self.payload_bytes * factor


class _Instruction(NamedTuple):
    shape: str
    op: str
    text: str


def find_collectives(hlo: str) -> tuple[list[Collective], list[str]]:
    """Finds the collectives of a program and how often each runs.

    Gives also the names of loops whose count the text does not tell: what is
    inside is counted once.

    Raises:
        ValueError: the text has no entry computation.

    Example: see tests/unit/planning/hlo_collectives_test.py.
    """
    computations, entry = _split(hlo)
    unknown: list[str] = []
    found: list[Collective] = []

    def visit(name: str, times: int, is_scatter: bool) -> None:
        for instruction in computations.get(name, ()):
            collective = _collective(instruction, times, is_scatter)
            if collective is not None:
                found.append(collective)
                continue
            for callee, count in _calls(instruction, computations, unknown):
                visit(
                    callee,
                    times * count,
                    callee.startswith("all-reduce-scatter"),
                )

    visit(entry, 1, False)
    return found, unknown


def _split(hlo: str) -> tuple[dict[str, list[_Instruction]], str]:
    computations: dict[str, list[_Instruction]] = {}
    current: list[_Instruction] = []
    entry = ""
    for line in hlo.splitlines():
        head = _COMPUTATION.match(line)
        if head:
            current = computations.setdefault(head[2], [])
            entry = head[2] if head[1] else entry
            continue
        body = _INSTRUCTION.match(line)
        if body:
            current.append(_Instruction(body[2], body[3], line))
    if not entry:
        raise ValueError("The text is no HLO module: it has no ENTRY.")
    return computations, entry


def _calls(
    instruction: _Instruction,
    computations: dict[str, list[_Instruction]],
    unknown: list[str],
) -> Iterator[tuple[str, int]]:
    text = instruction.text
    loop = _BODY.search(text) if instruction.op == "while" else None
    if loop:
        trips = _trip_count(text, computations.get(loop[1], []))
        if trips is None:
            unknown.append(loop[2])
        yield loop[2], 1 if trips is None else trips
        return
    branches = _BRANCHES.search(text)
    names = branches[1].replace("%", "").split(", ") if branches else []
    for name in [*names, *_CALLED.findall(text)]:
        yield name, 1


def _trip_count(text: str, condition: list[_Instruction]) -> int | None:
    known = _TRIPS.search(text)
    if known:
        return int(known[1])
    lines = [instruction.text for instruction in condition]
    constants = {
        match[1]: int(match[2])
        for match in map(_CONSTANT.search, lines)
        if match
    }
    for match in map(_COMPARE.search, lines):
        if match and match[1] in constants:
            return constants[match[1]]
    return None


def _collective(
    instruction: _Instruction, times: int, is_scatter: bool
) -> Collective | None:
    kind = instruction.op.removesuffix("-start")
    if kind not in KINDS:
        return None
    group = _first_group(instruction.text)
    sizes = [
        int(bits or 8) // 8 * math.prod(map(int, filter(None, dims.split(","))))
        for bits, dims in _ARRAY.findall(instruction.shape)
    ]
    # What starts gives its operand, its result and flags in one tuple.
    is_start = instruction.op.endswith("-start") and kind != "all-reduce"
    payload = max(sizes) if is_start else sum(sizes)
    if kind == "reduce-scatter":
        payload *= max(len(group), 1)
    if kind == "all-reduce" and is_scatter:
        kind = "reduce-scatter"
    where = re.search(r'op_name="([^"]*)"', instruction.text)
    return Collective(kind, payload, group, times, where[1] if where else "")


def _first_group(text: str) -> tuple[int, ...]:
    listed = _GROUP.search(text)
    if listed:
        return tuple(map(int, listed[1].split(",")))
    iota = _IOTA.search(text)
    if iota:
        ids = _iota(iota[3]).reshape(int(iota[1]), int(iota[2]))
        return tuple(map(int, ids[0]))
    named = _NAMED.search(text)
    if named:
        return _named_group(named)
    pair = _PAIR.search(text)
    return (int(pair[1]), int(pair[2])) if pair else ()


def _iota(text: str) -> np.ndarray:
    # "[4,256]T(1,0)": 0, 1, ... as [4, 256], then transposed.
    dims, _, order = text.partition("T")
    shape = [int(n) for n in dims.strip("[]").split(",")]
    ids = np.arange(math.prod(shape)).reshape(shape)
    if not order:
        return ids
    return ids.transpose([int(n) for n in order.strip("()").split(",")])


def _named_group(named: re.Match[str]) -> tuple[int, ...]:
    pairs = re.findall(r"'([^']+)'=(\d+)", named[1])
    names = [name for name, _ in pairs]
    shape = [int(size) for _, size in pairs]
    ids = _iota(named[2]) if named[2] else np.arange(math.prod(shape))
    grid = ids.reshape(shape)
    together = re.findall(r"'([^']+)'", named[3])
    index = tuple(slice(None) if name in together else 0 for name in names)
    return tuple(map(int, np.ravel(grid[index])))
