"""`pali convert SOURCE TARGET`: checkpoints of others into ours, and back."""

import argparse
import contextlib
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import FrameType

import tqdm

from pali_tf import files
from pali_tf.conversion import convert, formats
from pali_tf.conversion.problems import ConversionError
from pali_tf.conversion.writing import DTYPES
from pali_tf.errors import EXIT_USER_ERROR
from pali_tf.run import program_log

_SECONDS_BETWEEN_LINES = 30.0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pali convert",
        description=__doc__,
        epilog=f"formats:\n{textwrap.indent(formats.describe_formats(), '  ')}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=files.as_path, help="a checkpoint")
    parser.add_argument(
        "target", type=files.as_path, help="where to; it must not exist yet"
    )
    parser.add_argument(
        "--source_format", help="by default, told from what is there"
    )
    parser.add_argument("--target_format", default="pali", help="default: pali")
    parser.add_argument(
        "--layout",
        default="unrolled",
        choices=("unrolled", "scanned"),
        help="one array a layer, or one for all layers of a tower",
    )
    parser.add_argument(
        "--only",
        default="",
        metavar="PATH",
        help="a part of our tree: vision, encoder, ...",
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="REGEX",
        help="names that may be unused or missing; may be repeated",
    )
    parser.add_argument(
        "--dtype", choices=DTYPES, help="by default, as it is stored"
    )
    parser.add_argument(
        "--image_size",
        type=int,
        metavar="PIXELS",
        help="resize the position table to images of this side",
    )
    parser.add_argument(
        "--num_heads",
        type=int,
        help="of a vision tower of no named size, for a target that has "
        "heads apart",
    )
    parser.add_argument(
        "--report",
        type=files.as_path,
        metavar="FILE",
        help="also write it as JSON",
    )
    return parser.parse_args(argv)


@contextlib.contextmanager
def _progress_bar(num_bytes: int) -> Iterator[Callable[[int], object]]:
    interval = 0.2 if sys.stderr.isatty() else _SECONDS_BETWEEN_LINES
    with tqdm.tqdm(
        total=num_bytes,
        unit="B",
        unit_scale=True,
        mininterval=interval,
        desc="Converting",
    ) as bar:
        yield bar.update


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Ends as Ctrl-C does: what is half written is removed."""
    raise KeyboardInterrupt


def main(argv: list[str]) -> int:
    """Runs the command with its arguments; gives the exit status."""
    arguments = vars(_parse(argv))
    report_path = arguments.pop("report")
    source, target = arguments.pop("source"), arguments.pop("target")
    arguments["allow"] = tuple(arguments["allow"])
    program_log.set_up()
    # SIGINT too: a shell's background jobs inherit that it is ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        report = convert.convert(
            source, target, convert.Options(**arguments), _progress_bar
        )
    except ConversionError as error:
        # One problem a line, which the folding of other errors would lose.
        print(f"pali: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    print(report.text())
    if report_path is not None:
        report.write(report_path)
    return 0
