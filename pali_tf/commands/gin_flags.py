"""T5X's command line over gin: flags, macros, and errors that help.

`--gin.NAME=value` is rewritten to a gin binding, files are read in order and
bindings after them, as google-research/t5x, t5x/gin_utils.py does. What gin
accepts in silence is refused here: a macro that no file defines.
"""

import argparse
import ast
import contextlib
import dataclasses
import importlib.util
import os
import pathlib
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gin
from pali_tf import files
from pali_tf.errors import MissingFileError, UserError, nearest, told
from pali_tf.reporting.gin_bindings import parse_bindings

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_GIN_ROOT = pathlib.Path(gin.config.__file__).resolve().parent
_DEFINED = re.compile(r"^([A-Za-z_]\w*) = ", re.MULTILINE)
_READ = re.compile(r"%([A-Za-z_]\w*)(?![\w.])")
# A macro set to %gin.REQUIRED, or used and defined nowhere.
_NOT_SET = re.compile(
    r"(?P<name>[\w./]+)'? set to `%gin.REQUIRED`"
    r"|No bindings specified for '(?P<used>[\w./]+)'"
)
# What gin appends to the message of an error that passes through a call.
_TRAIL = re.compile(r"\n\s+In call to configurable .*", re.DOTALL)
_NOT_BOUND = re.compile(r"missing \d+ required")
_STDLIB = {
    pathlib.Path(str(module.__file__)).resolve().parent
    for module in (ast, importlib)
}


@dataclasses.dataclass(frozen=True)
class GinFlags:
    """The parsed command line.

    Attributes:
        bindings: "NAME = value", applied after the files, in order.
        search_paths: directories that files are looked for in.
        is_dry_run: stop once everything is built and shown.
        arguments: all flags as parsed, a program's own among them.
    """

    files: tuple[str, ...]
    bindings: tuple[str, ...]
    search_paths: tuple[str, ...]
    is_dry_run: bool
    arguments: argparse.Namespace


def parse_flags(
    prog: str,
    description: str,
    argv: Sequence[str],
    add_flags: Callable[[argparse.ArgumentParser], None] | None = None,
) -> GinFlags:
    """Parses T5X's flags."""
    parser = argparse.ArgumentParser(
        prog=prog, description=description, allow_abbrev=False
    )
    parser.add_argument(
        "--gin_file",
        action="append",
        default=[],
        metavar="FILE",
        help="a gin file; repeat it, later files win",
    )
    parser.add_argument(
        "--gin_bindings",
        action="append",
        default=[],
        metavar="BINDING",
        help="one binding, applied after the files",
    )
    parser.add_argument(
        "--gin_search_paths",
        default=".",
        metavar="DIRS",
        help="comma-separated directories that gin files are looked for in",
    )
    parser.add_argument(
        "--dry_run",
        action="store_true",
        help="build and show everything, then stop",
    )
    if add_flags is not None:
        add_flags(parser)
    parser.epilog = (
        "--gin.NAME=VALUE sets a macro or a binding: --gin.TRAIN_STEPS=100, "
        "--gin.MODEL_DIR=\"'/path'\" (text has quotes inside)."
    )
    flags = parser.parse_args([rewrite_gin_flag(flag) for flag in argv])
    if not flags.gin_file:
        raise UserError(
            f"{prog} needs at least one --gin_file, such as "
            "--gin_file=gin/pali_tiny.gin."
        )
    return GinFlags(
        files=tuple(flags.gin_file),
        bindings=tuple(flags.gin_bindings),
        search_paths=tuple(flags.gin_search_paths.split(",")),
        is_dry_run=flags.dry_run,
        arguments=flags,
    )


def rewrite_gin_flag(flag: str) -> str:
    """Rewrites `--gin.NAME=VALUE` to `--gin_bindings=NAME = VALUE`.

    Raises:
        UserError: there is no value, or it is not a gin value.

    Example: "--gin.TRAIN_STEPS=5" gives "--gin_bindings=TRAIN_STEPS = 5".
    """
    if not flag.startswith("--gin."):
        return flag
    name, equals, value = flag.removeprefix("--gin.").partition("=")
    if not equals:
        raise UserError(f"{flag} needs a value: --gin.{name}=VALUE.")
    if "@" not in value and "%" not in value:
        _check_literal(flag, name, value)
    return f"--gin_bindings={name} = {value}"


def _check_literal(flag: str, name: str, value: str) -> None:
    try:
        ast.literal_eval(value)
    except (SyntaxError, ValueError) as error:
        raise UserError(
            f"{flag}: {value!r} is not a gin value. If it is text, it needs "
            f"quotes inside: --gin.{name}=\"'{value}'\""
        ) from error


@contextlib.contextmanager
def acting_as_main(module_name: str) -> Iterator[None]:
    """Lets `import __main__` in a run file mean this module.

    T5X's run files bind `train_script.train` after `import __main__ as
    train_script`, so that one file serves any launcher. Where another
    program (`pali`, a test) is the main module, this stands in for it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = sys.modules[module_name]
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def load(flags: GinFlags, module_name: str) -> None:
    """Reads the gin files and bindings, in place of any read before."""
    gin.clear_config()
    for directory in (*flags.search_paths, str(_ROOT)):
        gin.add_config_file_search_path(directory)
    gin.config.register_file_reader(_open_in_bucket, _is_in_bucket)
    with acting_as_main(module_name), _explained():
        for file in flags.files:
            _check_is_there(file, flags.search_paths)
            with told(file):
                gin.parse_config_file(file)
        _check_macros(flags.bindings)
        gin.parse_config(list(flags.bindings))
        gin.finalize()


def _open_in_bucket(path: str) -> Any:
    return files.as_path(path).open("r")


def _is_in_bucket(path: str) -> bool:
    return files.is_bucket(path) and files.as_path(path).is_file()


def _check_macros(bindings: Sequence[str]) -> None:
    """Checks that the files define or use every macro of the command line.

    A name with a dot is gin's to check.
    """
    text = gin.config_str()
    known = {*_DEFINED.findall(text), *_READ.findall(text)}
    for binding in bindings:
        name = binding.partition("=")[0].strip()
        if "." not in name and name not in known:
            raise UserError(
                f"No gin file has the macro {name}{nearest(name, known)}"
            )


def bindings() -> dict[str, str]:
    """Gives everything that the files and flags bind, as text, by name."""
    return parse_bindings(gin.config_str())


def call(function: Callable[..., Any], **arguments: Any) -> Any:
    """Calls an entry point with what the files bind."""
    try:
        bound = gin.get_configurable(function)
    except ValueError as error:
        raise UserError(
            f"The gin files bind nothing of {function.__name__}(): add a run "
            "file, such as --gin_file=gin/runs/pretrain.gin."
        ) from error
    with _explained():
        return bound(**arguments)


def _check_is_there(file: str, search_paths: Sequence[str]) -> None:
    roots = [files.as_path(path) for path in (*search_paths, str(_ROOT))]
    paths = [root / file for root in roots]
    if files.is_bucket(file):
        paths = [files.as_path(file)]
    if any(path.is_file() for path in paths):
        return
    beside = {
        os.path.join(os.path.dirname(file), found.name)
        for path in paths
        for found in path.parent.glob("*.gin")
    }
    raise MissingFileError(
        f"No gin file {file} in {', '.join(map(str, roots))}"
        f"{nearest(file, beside)}"
    )


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Tells gin's errors as the user's, and takes gin's trail off the rest."""
    try:
        yield
    except Exception as error:
        if not _is_from_gin(error):
            original = _without_trail(error)
            cause = original.__cause__ or original.__context__
            raise original.with_traceback(error.__traceback__) from cause
        message = str(error)
        missing = _NOT_SET.search(message)
        if missing:
            name = (missing["name"] or missing["used"]).split("/")[0]
            raise UserError(
                f"{name} is not set: give it in a gin file or by "
                f"--gin.{name}=VALUE (text has quotes inside)."
            ) from error
        raise UserError(f"gin: {_TRAIL.sub('', message).strip()}") from error


def _is_from_gin(error: Exception) -> bool:
    """Tells what gin refuses from what fails in a function that it calls."""
    if isinstance(error, TypeError) and not _NOT_BOUND.search(str(error)):
        return False
    files = [
        pathlib.Path(frame.filename).resolve()
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    # Gin reads values by the standard library's parsers.
    of_packages = [file for file in files if file.parent not in _STDLIB]
    return bool(of_packages) and of_packages[-1].parent == _GIN_ROOT


def _without_trail(error: Exception) -> Exception:
    """Gives the error that gin wrapped, maybe more than once, to add text."""
    original = error
    while isinstance(original.__context__, Exception) and (
        getattr(type(original).__init__, "__module__", "") == "gin.utils"
    ):
        original = original.__context__
    return original
