"""T5X's flags, and what gin would let pass."""

import os
import subprocess
import sys
import traceback

import pytest

from pali_tf import files
from pali_tf.commands import gin_flags
from pali_tf.errors import UserError

# Names of their own: gin keeps what was registered, and other tests of the
# process register `train_script.train`.
FILE = """
from __gin__ import dynamic_registration
import __main__ as script

TRAIN_STEPS = %gin.REQUIRED
MODEL_DIR = 'none'
script.attempt:
  total_steps = %TRAIN_STEPS
  model_dir = %MODEL_DIR
"""


class Stopped(Exception):
    """Stands for an error with more than a message."""

    def __init__(self, message, signal_number):
        super().__init__(message)
        self.signal_number = signal_number


def attempt(*, total_steps, model_dir, is_dry_run=False):
    """Stands for an entry point."""
    if total_steps == -1:
        raise UserError("total_steps is below 0")
    if total_steps == -2:
        return list(zip([1], [1, 2], strict=True))
    if total_steps == -3:
        return attempt(1)
    if total_steps == -4:
        raise Stopped("stopped at step 4", 15)
    if total_steps == -5:
        return {}["x"]
    return total_steps, model_dir, is_dry_run


def run(tmp_path, *argv):
    path = tmp_path / "run.gin"
    path.write_text(FILE)
    flags = gin_flags.parse_flags("train", "", [f"--gin_file={path}", *argv])
    gin_flags.load(flags, __name__)
    return gin_flags.call(attempt, is_dry_run=flags.is_dry_run)


def test_macros_on_the_command_line(tmp_path):
    result = run(tmp_path, "--gin.TRAIN_STEPS=5", "--gin.MODEL_DIR='/a b'")
    assert result == (5, "/a b", False)


def test_bindings_and_later_ones_win(tmp_path):
    result = run(
        tmp_path,
        "--gin.TRAIN_STEPS=5",
        "--gin_bindings=attempt.model_dir = 'x'",
        "--gin.TRAIN_STEPS=6",
        "--dry_run",
    )
    assert result == (6, "x", True)


def test_files_are_found_in_the_search_paths(storage):
    more = "include 'run.gin'\nTRAIN_STEPS = 7\n"
    files.write_whole(f"{storage}/run.gin", FILE)
    files.write_whole(f"{storage}/more.gin", more)
    argv = ["--gin_file=more.gin", f"--gin_search_paths=/nowhere,{storage}"]
    gin_flags.load(gin_flags.parse_flags("train", "", argv), __name__)
    assert gin_flags.call(attempt)[0] == 7


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--gin.TRAIN_STEP=5", "did you mean 'TRAIN_STEPS'"),
        ("--gin.MODEL_DIR=/tmp/x", "quotes inside: --gin.MODEL_DIR=\"'/tmp"),
        ("--gin.MODEL_DIR", "needs a value"),
        ("--gin.attempt.model_dri='x'", "model_dri"),
        ("--gin.TRAIN_STEPS=-1", "^total_steps is below 0$"),
        ("--gin_bindings=TRAIN_STEPS", "gin: "),
        ("--gin.TRAIN_STEPS=@attempd()", "gin: .*attempd"),
        ("--gin.TRAIN_STEPS=%MODEL_DRI", "^MODEL_DRI is not set"),
    ],
)
def test_mistakes_are_explained(tmp_path, argument, message):
    with pytest.raises(UserError, match=message):
        run(tmp_path, "--gin.TRAIN_STEPS=5", argument)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_module_of_ours", "gin: No module named 'no_such_mod"),
        ("TRAIN_STEPS = 5)", "gin: "),
        ("TRAIN_STEPS = 'five", "gin: "),
        ("TRAIN_STEPS = (5", "gin: "),
        ("  TRAIN_STEPS = 5", "gin: "),
        ("include 'no_such_file.gin'", "no_such_file.gin"),
        ("script.attempt:\n  total_stebs = 5", "gin: .*total_stebs"),
        ("script.no_such_function.x = 5", "gin: .*no_such_function"),
        ("TRAIN_STEPS = script.attempt", "gin: "),
    ],
)
def test_mistakes_in_a_file_are_explained(tmp_path, text, message):
    (tmp_path / "more.gin").write_text(FILE + text)
    with pytest.raises(UserError, match=message):
        run(tmp_path, f"--gin_file={tmp_path / 'more.gin'}")


def test_an_argument_that_no_file_binds_is_told(tmp_path):
    path = tmp_path / "run.gin"
    path.write_text(FILE.replace("  total_steps = %TRAIN_STEPS\n", ""))
    argv = [f"--gin_file={path}", "--gin.TRAIN_STEPS=5"]
    gin_flags.load(gin_flags.parse_flags("train", "", argv), __name__)
    with pytest.raises(UserError, match="gin: .*missing.*'total_steps'"):
        gin_flags.call(attempt)


@pytest.mark.parametrize(
    ("steps", "kind"),
    [(-2, ValueError), (-3, TypeError), (-4, Stopped), (-5, KeyError)],
)
def test_what_fails_in_a_function_stays_as_it_was_raised(tmp_path, steps, kind):
    with pytest.raises(kind) as raised:
        run(tmp_path, f"--gin.TRAIN_STEPS={steps}")
    assert type(raised.value) is kind
    assert "configurable" not in "".join(
        traceback.format_exception(raised.value)
    )
    frames = [frame.name for frame in traceback.extract_tb(raised.tb)]
    assert "attempt" in frames and frames[0] == (
        "test_what_fails_in_a_function_stays_as_it_was_raised"
    )


def test_a_signal_s_message_has_no_trail(tmp_path):
    with pytest.raises(Stopped) as raised:
        run(tmp_path, "--gin.TRAIN_STEPS=-4")
    assert str(raised.value) == "stopped at step 4"
    assert raised.value.signal_number == 15


def test_a_macro_that_must_be_set(tmp_path):
    with pytest.raises(UserError, match="TRAIN_STEPS is not set: .*--gin.TR"):
        run(tmp_path)


def test_a_file_that_is_not_there_names_the_nearest(tmp_path):
    (tmp_path / "pali_tiny.gin").write_text(FILE)
    argv = ["--gin_file=pali_tny.gin", f"--gin_search_paths={tmp_path}"]
    flags = gin_flags.parse_flags("train", "", argv)
    with pytest.raises(FileNotFoundError, match="did you mean 'pali_tiny.gin'"):
        gin_flags.load(flags, __name__)


def test_a_file_is_needed():
    with pytest.raises(UserError, match="needs at least one --gin_file"):
        gin_flags.parse_flags("train", "", [])


def test_files_without_a_run_file(tmp_path):
    path = tmp_path / "empty.gin"
    path.write_text("A = 1\n")
    flags = gin_flags.parse_flags("train", "", [f"--gin_file={path}"])
    gin_flags.load(flags, __name__)

    def evaluate():
        """Bound by no file."""

    with pytest.raises(UserError, match="add a run file"):
        gin_flags.call(evaluate)


def test_the_main_module_comes_back():
    main = sys.modules["__main__"]
    with gin_flags.acting_as_main(__name__):
        assert sys.modules["__main__"] is sys.modules[__name__]
    assert sys.modules["__main__"] is main


def test_help_needs_no_heavy_import():
    code = (
        "import sys, pali_tf.commands.train\n"
        "heavy = {'jax', 'keras', 'tensorflow'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
