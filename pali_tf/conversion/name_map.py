"""Declared maps between their names and the paths of our tree.

A map is a table of rules. A rule is a pair of patterns with `{}` for the
number of a layer, and what happens to the values:

    Rule("encoder/layers_{}/mlp/wo/kernel",
         "encoder.block.{}.layer.1.DenseReluDense.wo.weight", TRANSPOSE)

Read from left to right it writes their format, from right to left it reads
it. Three more kinds of correspondence occur:

- theirs has no `{}` where ours has: one array holds all layers, stacked along
  `layers_axis` (T5X and big_vision with scanned layers);
- theirs is `part` i of n: one array holds several of ours side by side along
  the first axis (`in_proj_weight` of PyTorch: query, key, value);
- `repeated`: ours has no layer, theirs repeats the array for each layer along
  `layers_axis`; reading checks that they are equal.

In between there is always our unrolled tree, so that any format that is read
can become any that is written.

To add a format: declare a `NameMap` here beside the others and name it in
formats.py; the tests hold it against the tree of a model, both ways.
"""

import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping, Sequence

from pali_tf.conversion.array_parts import (
    Region,
    Shape,
    region_shape,
    shifted,
    whole,
)
from pali_tf.conversion.transform import IDENTITY, Transform


@dataclasses.dataclass(frozen=True)
class Rule:
    """One correspondence between our tree and their names.

    Attributes:
        ours: our path, unrolled, `{}` for the layer.
        theirs: their name.
        transform: what happens to one layer's array.
        layers_axis: in their array, where it holds all layers.
        part: (index, count), where it holds several of ours.
        repeated: it holds ours once for each layer.
    """

    ours: str
    theirs: str
    transform: Transform = IDENTITY
    layers_axis: int = 0
    part: tuple[int, int] | None = None
    repeated: bool = False

    @property
    def stacked(self) -> bool:
        """Whether one array of theirs holds all layers."""
        return "{}" in self.ours and "{}" not in self.theirs


def below(prefixes: Sequence[str], rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Gives rules whose names begin with any of some prefixes."""
    return tuple(
        dataclasses.replace(rule, theirs=prefix + rule.theirs)
        for prefix in prefixes
        for rule in rules
    )


@dataclasses.dataclass(frozen=True)
class Link:
    """One of our parameters and where it is in their arrays.

    `layer` is the index along the rule's `layers_axis`, or None.
    """

    ours: str
    theirs: str
    rule: Rule
    layer: int | None = None

    def box(self, theirs: Shape) -> Region:
        """The part of their array, a layer's axis kept with length 1."""
        region = list(whole(theirs))
        if self.layer is not None:
            region[self.rule.layers_axis] = slice(self.layer, self.layer + 1)
        elif self.rule.part is not None:
            index, count = self.rule.part
            size = theirs[0] // count
            region[0] = slice(index * size, (index + 1) * size)
        return tuple(region)

    def own_shape(self, theirs: Shape) -> Shape:
        """The shape of what the link has of their array: a layer, a part."""
        shape = region_shape(self.box(theirs))
        if self.layer is None:
            return shape
        axis = self.rule.layers_axis
        return (*shape[:axis], *shape[axis + 1 :])

    def place(self, theirs: Shape, region: Region) -> Region:
        """The part of their array for a part of ours, or all of the `box`."""
        box, transform = self.box(theirs), self.rule.transform
        if transform.row_axis is None:
            return box
        parts = iter(transform.theirs_region(region))
        return tuple(
            outer
            if self.layer is not None and axis == self.rule.layers_axis
            else shifted(next(parts), outer.start)
            for axis, outer in enumerate(box)
        )

    def theirs_shape(self, one: Shape, num_layers: int) -> Shape:
        """Gives the shape of their whole array, from that of one of ours."""
        if self.layer is not None:
            axis = self.rule.layers_axis
            return (*one[:axis], num_layers, *one[axis:])
        if self.rule.part is not None:
            return (one[0] * self.rule.part[1], *one[1:])
        return one


@dataclasses.dataclass(frozen=True, kw_only=True)
class NameMap:
    """All rules of a format.

    Attributes:
        name: what messages call it.
        rules: where several match one of our paths, the first is written
            and all are read.
        aliases: {their second name of an array: the first}; read only to
            check that the values are equal, never written.
    """

    name: str
    rules: tuple[Rule, ...]
    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def from_theirs(self, shapes: Mapping[str, Shape]) -> list[Link]:
        """Links for every one of their arrays that a rule knows."""
        return [
            link
            for name, shape in shapes.items()
            for rule in self.rules
            for link in _links(rule, name, shape)
        ]

    def from_ours(self, path: str) -> Link | None:
        """The link of one of our paths, or None if no rule knows it."""
        for rule in self.rules:
            match = _pattern(rule.ours).fullmatch(path)
            if match is None:
                continue
            if rule.repeated:
                return Link(path, rule.theirs, rule, 0)
            layer = int(match[1]) if match.groups() else None
            if rule.stacked:
                return Link(path, rule.theirs, rule, layer)
            return Link(path, rule.theirs.format(layer), rule)
        return None


def _links(rule: Rule, name: str, shape: Shape) -> Iterator[Link]:
    match = _pattern(rule.theirs).fullmatch(name)
    if match is None:
        return
    if rule.repeated:
        yield Link(rule.ours, name, rule, 0)
    elif rule.stacked:
        for layer in range(shape[rule.layers_axis]):
            yield Link(rule.ours.format(layer), name, rule, layer)
    else:
        yield Link(rule.ours.format(*match.groups()), name, rule)


@functools.cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(r"(\d+)".join(map(re.escape, pattern.split("{}"))))
