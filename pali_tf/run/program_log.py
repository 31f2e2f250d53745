"""What a program that runs for long shows while it runs: one line a thing."""

import logging as standard_logging
import os
from pathlib import Path

from absl import logging

_PACKAGES = tuple(
    str(Path(__file__).resolve().parents[2] / name)
    for name in ("pali_tf", "seqio_tasks", "serving")
)


def is_shown(record: standard_logging.LogRecord) -> bool:
    """Tells our own lines, and warnings of all, from libraries' chatter."""
    return record.levelno >= standard_logging.WARNING or (
        record.pathname.startswith(_PACKAGES)
    )


def set_up() -> None:
    """Shows our information lines on stderr with the time of day.

    Call it before TensorFlow is imported. Its C++ log is silenced: on a host
    without a GPU it reports an error about CUDA, and what really fails is
    raised in Python as well.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.set_verbosity(logging.INFO)
    handler = standard_logging.StreamHandler()
    handler.setFormatter(
        standard_logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")
    )
    handler.addFilter(is_shown)
    # absl's own handler would warn that absl's flags were not parsed.
    standard_logging.root.removeHandler(logging.get_absl_handler())
    standard_logging.root.handlers = [handler]
