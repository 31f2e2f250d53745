"""The command line: what it lists, how it fails, what it does not import."""

import importlib.util
import subprocess
import sys
import time

import pytest

from pali_tf import cli
from pali_tf.commands import ask
from pali_tf.errors import UserError

HEAVY = ("tensorflow", "jax", "keras", "seqio", "apache_beam", "numpy", "gin")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pali_tf.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command_and_answers_within_a_second():
    run("--help")  # The first start pays for reading the files from disk.
    begin = time.monotonic()
    result = run("--help")
    assert time.monotonic() - begin < 1.0
    assert result.returncode == 0
    for name in cli.COMMANDS:
        assert f"  {name} " in result.stdout


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from pali_tf import cli; cli.main(['--help']); "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_listed_exists(name):
    assert importlib.util.find_spec(cli.module_of(name)) is not None


def test_an_unknown_command_names_the_nearest(capsys):
    assert cli.main(["trian"]) == 2
    assert capsys.readouterr().err == (
        "pali: no command 'trian'; did you mean 'train'?\n"
    )


def test_no_command_shows_the_usage_and_fails(capsys):
    assert cli.main([]) == 2
    assert "usage: pali" in capsys.readouterr().err


def test_a_command_gets_its_arguments_and_gives_its_code(monkeypatch):
    seen = []

    def main(argv):
        seen.append(argv)
        return 3

    monkeypatch.setattr(ask, "main", main)
    assert cli.main(["ask", "--image", "a.jpg"]) == 3
    assert seen == [["--image", "a.jpg"]]


def test_debug_keeps_the_traceback(monkeypatch):
    def fail(argv):
        raise UserError("no such mixture")

    monkeypatch.setattr(ask, "main", fail)
    assert cli.main(["ask"]) == 2
    with pytest.raises(UserError, match="no such mixture"):
        cli.main(["--debug", "ask"])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
