"""A source through a name map: the parameters of our tree, unread."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from pali_tf.conversion import tree
from pali_tf.conversion.array_parts import Region, Shape, split, whole
from pali_tf.conversion.name_map import Link, NameMap
from pali_tf.conversion.problems import Allowed, ConversionError
from pali_tf.conversion.tensor import Source
from pali_tf.conversion.transform import Sizes
from pali_tf.errors import nearest

# Of one slice of a large array.
PIECE_BYTES = 128 << 20


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Our parameters where they lie in a source.

    Attributes:
        links: by unrolled path of our tree.
        shapes: ours, by path.
        sizes: what the transforms need to know.
        left_out: names of the source that were not asked for.
    """

    source: Source
    links: Mapping[str, Link]
    shapes: Mapping[str, Shape]
    sizes: Sizes
    left_out: tuple[str, ...] = ()

    def dtype(self, path: str) -> np.dtype:
        """The stored type of a parameter."""
        return self.source.infos[self.links[path].theirs].dtype

    def read(self, path: str, region: Region) -> np.ndarray:
        """Reads a part; all, if the link's transform needs its array whole."""
        link = self.links[path]
        place = link.place(self.source.infos[link.theirs].shape, region)
        array = self.source.read(link.theirs, place)
        if link.layer is not None:
            array = np.squeeze(array, link.rule.layers_axis)
        return link.rule.transform.to_ours(array, self.sizes)


def find_parameters(
    source: Source,
    name_map: NameMap,
    *,
    sizes: Sizes | None = None,
    allowed: Allowed | None = None,
    only: str = "",
) -> Parameters:
    """Finds our parameters in a source and checks that they are all there.

    Args:
        source: the checkpoint.
        name_map: how it names them.
        sizes: what the transforms need to know.
        allowed: names that may be unused or missing.
        only: a part of the tree, "vision" for instance; "" for all.

    Raises:
        ConversionError: arrays that are not used, not found, or of a shape
            that does not fit.
    """
    allowed = allowed or Allowed()
    sizes = sizes or Sizes()
    infos = source.infos
    links = name_map.from_theirs({n: info.shape for n, info in infos.items()})
    kept = [link for link in links if _is_below(only, link.ours)]
    used = dict.fromkeys([*(k.theirs for k in links), *name_map.aliases])
    problems = [
        f"{infos[name].file}: {name!r} is not used{nearest(name, used)}"
        for name in infos
        if name not in used and not allowed(name)
    ]
    by_path, shapes, misfits = _fit(source, kept, sizes)
    problems += misfits
    problems += _missing(source, name_map, by_path, allowed, only)
    if not by_path and not problems:
        problems.append(f"no parameter of {only or 'our tree'!r} is there.")
    if problems:
        raise ConversionError(
            f"{source.path} does not fit {name_map.name} in "
            f"{len(problems)} places:",
            problems,
        )
    left_out = {link.theirs for link in links} - {k.theirs for k in kept}
    return Parameters(source, by_path, shapes, sizes, tuple(sorted(left_out)))


def _fit(
    source: Source, links: list[Link], sizes: Sizes
) -> tuple[dict[str, Link], dict[str, Shape], list[str]]:
    """Gives links and shapes by our path, and what does not fit."""
    infos = source.infos
    by_path: dict[str, Link] = {}
    shapes: dict[str, Shape] = {}
    problems = []
    for link in links:
        if link.ours in by_path:
            problems.append(
                f"{by_path[link.ours].theirs!r} and {link.theirs!r} both hold "
                f"{link.ours}."
            )
            continue
        try:
            own = link.own_shape(infos[link.theirs].shape)
            shapes[link.ours] = link.rule.transform.ours_shape(own, sizes)
        except (ValueError, IndexError) as error:
            problems.append(
                f"{infos[link.theirs].file}: {link.theirs!r} has shape "
                f"{infos[link.theirs].shape}: {error}."
            )
        by_path[link.ours] = link
    for path, wrong in tree.find_wrong_shapes(shapes).items():
        theirs = by_path[path].theirs
        problems.append(
            f"{infos[theirs].file}: {theirs!r} (our {path}) has {wrong}."
        )
    return by_path, shapes, problems


def _is_below(prefix: str, path: str) -> bool:
    return not prefix or f"{path}/".startswith(f"{prefix.rstrip('/')}/")


def _missing(
    source: Source,
    name_map: NameMap,
    links: Mapping[str, Link],
    allowed: Allowed,
    only: str,
) -> Iterator[str]:
    for path in tree.find_missing(links):
        if not _is_below(only, path):
            continue
        link = name_map.from_ours(path)
        theirs = link.theirs if link else path
        if not allowed(theirs, path):
            near = nearest(theirs, source.infos)
            yield f"{source.path}: {theirs!r} (our {path}) is missing{near}"


def check_repetitions(parameters: Parameters, name_map: NameMap) -> None:
    """Checks that what a source says more than once, it says alike.

    Raises:
        ConversionError: a second name with other values, or layers that
            differ where our model has one array for all.
    """
    source, infos = parameters.source, parameters.source.infos
    problems = []
    for name, original in name_map.aliases.items():
        if name in infos and original in infos:
            shape = infos[name].shape
            if shape != infos[original].shape or not all(
                _equal(source.read(name, part), source.read(original, part))
                for part in split(
                    shape, 0, PIECE_BYTES // infos[name].dtype.itemsize
                )
            ):
                problems.append(
                    f"{infos[name].file}: {name!r} differs from {original!r}, "
                    "which our model does not tell apart."
                )
    for link in parameters.links.values():
        if link.rule.repeated:
            shape = infos[link.theirs].shape
            values = source.read(link.theirs, whole(shape))
            first = values.take([link.layer or 0], link.rule.layers_axis)
            if not _equal(values, np.broadcast_to(first, shape)):
                problems.append(
                    f"{infos[link.theirs].file}: {link.theirs!r} differs "
                    f"between layers; our model has one {link.ours} for all, "
                    "as mT5 (umT5 has one a layer)."
                )
    if problems:
        raise ConversionError(
            f"{source.path} holds another model than ours:", problems
        )


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.all(one == other))
