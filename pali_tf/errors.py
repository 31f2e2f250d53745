"""How a mistake of the user reaches the user: one line, no traceback."""

import os
import sys
from collections.abc import Callable, Sequence

# What library code raises at the border, with the value and the remedy in the
# message. Anything else is a defect of ours and keeps its traceback.
USER_ERRORS = (
    ValueError,
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)
EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells count.


class UserError(ValueError):
    """A mistake that a user can mend; the message says what and how."""


def run_command(
    function: Callable[[list[str]], int | None],
    argv: Sequence[str],
    *,
    debug: bool = False,
) -> int:
    """Runs a command's `main` and turns user errors into one line on stderr.

    Args:
        function: The command; takes its arguments without the program name.
        argv: The arguments.
        debug: Keep the traceback. The environment's PALI_DEBUG=1 does as well.

    Returns:
        The command's exit code; 2 after a user error, 130 after Ctrl-C.
    """
    try:
        return function(list(argv)) or 0
    except USER_ERRORS as error:
        if debug or os.environ.get("PALI_DEBUG") == "1":
            raise
        print(f"pali: {one_line(error)}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("pali: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def one_line(error: BaseException) -> str:
    r"""Gives the message of an error with its line breaks folded.

    Example: ValueError("no task 'x'\n  nearest: y") gives
    "no task 'x' nearest: y"; an empty message gives the error's class name.
    """
    return " ".join(str(error).split()) or type(error).__name__
