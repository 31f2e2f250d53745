"""T5X's flags, and what gin would let pass."""

import os
import subprocess
import sys

import pytest

from pali_tf.commands import gin_flags

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


def attempt(*, total_steps, model_dir, is_dry_run=False):
    """Stands for an entry point."""
    if total_steps < 0:
        raise ValueError("total_steps is below 0")
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


def test_files_are_found_in_the_search_paths(tmp_path):
    (tmp_path / "run.gin").write_text(FILE)
    (tmp_path / "more.gin").write_text("include 'run.gin'\nTRAIN_STEPS = 7\n")
    argv = ["--gin_file=more.gin", f"--gin_search_paths=/nowhere,{tmp_path}"]
    gin_flags.load(gin_flags.parse_flags("train", "", argv), __name__)
    assert gin_flags.call(attempt)[0] == 7


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--gin.TRAIN_STEP=5", "did you mean TRAIN_STEPS"),
        ("--gin.MODEL_DIR=/tmp/x", "quotes inside: --gin.MODEL_DIR=\"'/tmp"),
        ("--gin.MODEL_DIR", "needs a value"),
        ("--gin.attempt.model_dri='x'", "model_dri"),
        ("--gin.TRAIN_STEPS=-1", "^total_steps is below 0$"),
        ("--gin_bindings=TRAIN_STEPS", "gin: "),
    ],
)
def test_mistakes_are_explained(tmp_path, argument, message):
    with pytest.raises(ValueError, match=message):
        run(tmp_path, "--gin.TRAIN_STEPS=5", argument)


def test_a_macro_that_must_be_set(tmp_path):
    with pytest.raises(ValueError, match="TRAIN_STEPS is not set: .*--gin.TR"):
        run(tmp_path)


def test_a_file_that_is_not_there_names_the_nearest(tmp_path):
    (tmp_path / "pali_tiny.gin").write_text(FILE)
    argv = ["--gin_file=pali_tny.gin", f"--gin_search_paths={tmp_path}"]
    flags = gin_flags.parse_flags("train", "", argv)
    with pytest.raises(FileNotFoundError, match="Did you mean pali_tiny.gin"):
        gin_flags.load(flags, __name__)


def test_a_file_is_needed():
    with pytest.raises(ValueError, match="needs at least one --gin_file"):
        gin_flags.parse_flags("train", "", [])


def test_files_without_a_run_file(tmp_path):
    path = tmp_path / "empty.gin"
    path.write_text("A = 1\n")
    flags = gin_flags.parse_flags("train", "", [f"--gin_file={path}"])
    gin_flags.load(flags, __name__)

    def evaluate():
        """Bound by no file."""

    with pytest.raises(ValueError, match="add a run file"):
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
