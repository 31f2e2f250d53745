"""What a user is told of a mistake: one line, and how to mend it.

A `UserError` is folded into a line. Any other error is a defect: it keeps its
traceback, and a report of it is asked for.
"""

import argparse
import contextlib
import difflib
import errno
import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells count.

_PLEASE_REPORT = (
    "pali: this is a defect, not a mistake of yours: please report it with "
    "the lines above and the command."
)
# What they raise tells of a bucket or of the way to it, and is no defect.
_STORAGE_LIBRARIES = ("aiobotocore", "aiohttp", "botocore", "gcsfs", "google")
_MOST_NAMES = 12
_REMEDIES = {
    errno.EACCES: "ask for the right to it, or name another place",
    errno.EPERM: "ask for the right to it, or name another place",
    errno.EROFS: "name a place that can be written to",
    errno.ENOSPC: "make room, or name another place",
    errno.EDQUOT: "make room, or name another place",
    errno.EEXIST: "name another place",
    errno.EISDIR: "name a file",
    errno.ENOTDIR: "a folder on the way to it is a file",
    errno.ENOENT: "check how it is spelt",
}


class UserError(ValueError, argparse.ArgumentTypeError):
    """A mistake that a user can mend; the message says what and how.

    Of a flag's `type=`, argparse shows the message.
    """


class MissingFileError(UserError, FileNotFoundError):
    """A file or folder that a user named is not there."""


class ExistingFileError(UserError, FileExistsError):
    """What would be written is there, and nothing is overwritten."""


def run_command(
    function: Callable[[list[str]], int | None],
    argv: Sequence[str],
    *,
    debug: bool = False,
) -> int:
    """Runs a command's `main` and turns user errors into one line on stderr.

    Gives its exit code; 2 after a user error, 130 after Ctrl-C. Other errors
    pass through, with which Python ends with 1. `debug`, and PALI_DEBUG=1 in
    the environment, keep the traceback.
    """
    try:
        return function(list(argv)) or 0
    except UserError as error:
        if debug or os.environ.get("PALI_DEBUG") == "1":
            raise
        print(f"pali: {one_line(error)}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("pali: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        if is_of_storage(error):
            print(f"pali: {one_line(error)}", file=sys.stderr)
            return EXIT_USER_ERROR
        error.add_note(_PLEASE_REPORT)
        raise


def is_of_storage(error: BaseException) -> bool:
    """Tells whether a bucket refused something, or did not answer."""
    library = type(error).__module__.partition(".")[0]
    return library in _STORAGE_LIBRARIES


def one_line(error: BaseException) -> str:
    r"""Gives the message of an error with its line breaks folded.

    Example: ValueError("no task 'x'\n  nearest: y") gives
    "no task 'x' nearest: y"; an empty message gives the error's class name.
    """
    return " ".join(str(error).split()) or type(error).__name__


def nearest(name: str, known: Iterable[str]) -> str:
    """Gives the end of a message about a name that does not exist.

    Example: nearest("trian", ["train", "eval"]) gives "; did you mean
    'train'?", and nearest("xyz", ["train", "eval"]) ". Known: eval, train."
    """
    names = sorted(set(known))
    spelt = {name.lower(): name for name in names}
    matches = functools.partial(difflib.get_close_matches, name.lower(), spelt)
    near = matches(n=2) or matches(n=1, cutoff=0.4)
    if near:
        return f"; did you mean {' or '.join(repr(spelt[n]) for n in near)}?"
    shown = ", ".join(names[:_MOST_NAMES]) or "none"
    more = len(names) - _MOST_NAMES
    return f". Known: {shown}{f' and {more} more' * (more > 0)}."


@contextlib.contextmanager
def told(path: object = None) -> Iterator[None]:
    """Tells what the system refuses of a path as a mistake to mend.

    It serves as a decorator of functions too.

    Args:
        path: what is read or written, where the system's error names nothing,
            or a temporary file of it.

    Raises:
        UserError: for any OSError of the block, for what a bucket refuses,
            and for bytes that are no text, with the path and the remedy; it is
            a FileNotFoundError or a FileExistsError where that was one.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        is_told = isinstance(error, (OSError, UnicodeDecodeError))
        if not (is_told or is_of_storage(error)):
            raise
        raise _as_user_error(error, path) from error


def _as_user_error(error: Exception, path: object) -> UserError:
    if isinstance(error, UnicodeDecodeError):
        return UserError(f"{path or 'A file'} is no text in UTF-8: {error}.")
    kind = UserError
    if isinstance(error, FileNotFoundError):
        kind = MissingFileError
    elif isinstance(error, FileExistsError):
        kind = ExistingFileError
    place = getattr(error, "filename", None)
    if not place or (path and os.path.basename(str(path)) in str(place)):
        place = path
    parts = [f"{place}: "] if place else []
    why = None if is_of_storage(error) else getattr(error, "strerror", None)
    parts.append((why or one_line(error)).rstrip("."))
    remedy = _REMEDIES.get(getattr(error, "errno", None) or 0)
    if remedy:
        parts.append(f"; {remedy}")
    return kind("".join(parts) + ".")
