"""One checkpoint into another format, array by array."""

import contextlib
import dataclasses
import time
from collections.abc import Callable
from typing import Any

from etils.epath import Path

from pali_tf import files
from pali_tf.checkpoints import digests
from pali_tf.conversion import tree
from pali_tf.conversion.formats import FORMATS, get_format, open_source
from pali_tf.conversion.name_map import NameMap
from pali_tf.conversion.problems import Allowed
from pali_tf.conversion.reading import (
    Parameters,
    check_repetitions,
    find_parameters,
)
from pali_tf.conversion.report import Report, make_lines
from pali_tf.conversion.tensor import Source
from pali_tf.conversion.transform import Sizes
from pali_tf.conversion.writing import DTYPES, plan_targets
from pali_tf.errors import ExistingFileError, UserError, told

# Takes the number of bytes in all; gives what is told of each piece.
ProgressBar = Callable[
    [int], contextlib.AbstractContextManager[Callable[[int], object]]
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """How to convert.

    Attributes:
        source_format: key of FORMATS; None: told from what is there.
        target_format: key of FORMATS.
        layout: of the target: "unrolled" or "scanned".
        only: a part of our tree, "vision" or "encoder" for instance.
        allow: regular expressions of names that may be unused or missing.
        dtype: "float32" or "bfloat16"; None: as each array is stored.
        image_size: pixels of the side of the images; the position table is
            resized to it; None: as it is.
        num_heads: of the vision tower, where a format splits them and no
            named size has its shape.
    """

    source_format: str | None = None
    target_format: str = "pali"
    layout: str = "unrolled"
    only: str = ""
    allow: tuple[str, ...] = ()
    dtype: str | None = None
    image_size: int | None = None
    num_heads: int | None = None

    def __post_init__(self) -> None:
        target = get_format(self.target_format)
        if self.layout not in target.target_maps:
            raise UserError(
                f"{self.target_format} cannot be written in the layout "
                f"{self.layout!r}: it has {list(target.target_maps)}."
            )
        if self.dtype is not None and self.dtype not in DTYPES:
            raise UserError(f"dtype {self.dtype!r} is not of {list(DTYPES)}.")


def _no_progress(num_bytes: int) -> Any:
    return contextlib.nullcontext(lambda count: None)


@told()
def convert(
    source_path: Path,
    target_path: Path,
    options: Options,
    progress: ProgressBar = _no_progress,
) -> Report:
    """Converts a checkpoint.

    Everything is checked before the first value is written, and the target
    has its name only once all of it is written. It is made on a disk: for a
    bucket, in TMPDIR, which needs room for it. A source is read where it is.

    Raises:
        ConversionError: an array that is unused, missing or does not fit.
        UserError: a damaged file, an unknown format, a full disk; the target
            exists, or the source does not.
    """
    start = time.monotonic()
    if target_path.exists():
        raise ExistingFileError(
            f"{target_path} exists; nothing is overwritten."
        )
    allowed = Allowed(options.allow)
    _verify(source_path)
    format_name, parameters = _find(source_path, options, allowed)
    if parameters.source.path != source_path:
        _verify(parameters.source.path)
    target_format = FORMATS[options.target_format]
    counters: list[Callable[[int], object]] = []
    targets = plan_targets(
        parameters,
        target_format.target_maps[options.layout],
        dtype=DTYPES[options.dtype] if options.dtype else None,
        allowed=allowed,
        on_bytes=lambda count: counters[0](count),
    )
    num_bytes = sum(target.tensor.num_bytes for target in targets)
    files.check_space(target_path, num_bytes)
    container = target_format.container
    sizes = tree.describe(
        parameters.shapes, num_heads=parameters.sizes.num_heads
    )
    with (
        files.staged(target_path, last=container.last) as path,
        progress(num_bytes) as count,
    ):
        counters.append(count)
        container.write(
            path,
            {target.name: target.tensor for target in targets},
            target_format.make_config(sizes),
        )
    return Report(
        source=(str(parameters.source.path), format_name),
        target=(str(target_path), options.target_format),
        lines=make_lines(parameters, targets),
        allowed=tuple(allowed.used),
        left_out=parameters.left_out,
        note=parameters.source.note,
        num_bytes=num_bytes,
        seconds=time.monotonic() - start,
    )


def _verify(path: Path) -> None:
    if digests.exist(path):
        digests.verify(path, items=("params",))


def _find(
    path: Path, options: Options, allowed: Allowed
) -> tuple[str, Parameters]:
    """Gives the source's format and our parameters in it, checked."""
    format_name, source, source_map = open_source(
        path, options.source_format, allowed
    )
    parameters = find_parameters(
        source,
        source_map,
        sizes=_find_sizes(source, source_map, options),
        allowed=allowed,
        only=options.only,
    )
    check_repetitions(parameters, source_map)
    return format_name, parameters


def _find_sizes(source: Source, source_map: NameMap, options: Options) -> Sizes:
    """Finds what transforms need, in the shapes before any resize."""
    found = find_parameters(
        source, source_map, allowed=Allowed([""]), only=options.only
    )
    axes = tree.read_axes(found.shapes)
    sizes = Sizes(
        num_heads=options.num_heads or tree.find_num_heads(found.shapes),
        language_num_heads=axes.get("N"),
    )
    if options.image_size is None:
        return sizes
    patch_size = tree.find_patch_size(axes)
    if not patch_size:
        raise UserError(
            "--image_size is for a vision tower; the source has none."
        )
    if options.image_size % patch_size:
        below = options.image_size // patch_size * patch_size
        raise UserError(
            f"--image_size={options.image_size} is not a multiple of the "
            f"patch size {patch_size}; the nearest are {below} and "
            f"{below + patch_size}."
        )
    num_patches = (options.image_size // patch_size) ** 2
    return dataclasses.replace(sizes, num_patches=num_patches)
