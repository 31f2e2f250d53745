"""What a program that runs for long shows while it runs: one line a thing."""

import logging as standard_logging
from pathlib import Path

from absl import logging

_PACKAGES = tuple(
    str(Path(__file__).resolve().parents[1] / name)
    for name in ("pali_tf", "seqio_tasks", "serving")
)


def is_shown(record: standard_logging.LogRecord) -> bool:
    """Tells our own lines, and warnings of all, from libraries' chatter."""
    return record.levelno >= standard_logging.WARNING or (
        record.pathname.startswith(_PACKAGES)
    )


def set_up() -> None:
    """Shows our information lines on stderr with the time of day."""
    logging.set_verbosity(logging.INFO)
    logging.use_absl_handler()
    handler = logging.get_absl_handler()
    handler.setFormatter(
        standard_logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")
    )
    handler.filters.clear()
    handler.addFilter(is_shown)
