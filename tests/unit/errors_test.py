"""A user's mistake is one line and code 2; a defect keeps its traceback."""

import errno
import os
import subprocess
import sys

import pytest

from pali_tf.errors import (
    ExistingFileError,
    MissingFileError,
    UserError,
    nearest,
    one_line,
    run_command,
    told,
)

_DEFECT = """
from pali_tf.errors import run_command

def command(argv):
    return list(zip([1], [1, 2], strict=True))

raise SystemExit(run_command(command, []))
"""


def fail_with(error):
    def command(argv):
        raise error

    return command


@pytest.mark.parametrize("kind", [UserError, MissingFileError])
def test_a_user_error_is_one_line_and_code_two(capsys, kind):
    code = run_command(fail_with(kind("no folder 'x'\n  make it first")), [])
    assert code == 2
    assert capsys.readouterr().err == "pali: no folder 'x' make it first\n"


@pytest.mark.parametrize(
    "kind", [KeyError, ValueError, FileNotFoundError, PermissionError]
)
def test_a_defect_keeps_its_traceback(kind):
    with pytest.raises(kind) as raised:
        run_command(fail_with(kind("x")), [])
    assert "please report it" in "".join(raised.value.__notes__)


def test_a_library_s_value_error_ends_with_its_traceback_and_a_request():
    ended = subprocess.run(
        [sys.executable, "-c", _DEFECT], capture_output=True, text=True
    )
    assert ended.returncode == 1
    first, *_, last_but_one, last = ended.stderr.splitlines()
    assert first == "Traceback (most recent call last):"
    assert last_but_one.startswith("ValueError: zip() argument 2 is longer")
    assert last.endswith(
        "please report it with the lines above and the command."
    )


def test_debug_keeps_the_traceback(monkeypatch):
    with pytest.raises(UserError):
        run_command(fail_with(UserError("x")), [], debug=True)
    monkeypatch.setenv("PALI_DEBUG", "1")
    with pytest.raises(UserError):
        run_command(fail_with(UserError("x")), [])


def test_interruption_is_130(capsys):
    assert run_command(fail_with(KeyboardInterrupt()), []) == 130
    assert capsys.readouterr().err == "pali: interrupted\n"


def test_none_is_success():
    assert run_command(lambda argv: None, []) == 0


def test_one_line():
    error = ValueError("no task 'x'\n  nearest: y")
    assert one_line(error) == "no task 'x' nearest: y"
    assert one_line(ValueError()) == "ValueError"


def test_files_that_are_missing_or_there_are_both_kinds_of_errors():
    assert issubclass(MissingFileError, UserError | FileNotFoundError)
    assert isinstance(MissingFileError("x"), FileNotFoundError)
    assert isinstance(ExistingFileError("x"), FileExistsError)
    assert str(ExistingFileError("x is there.")) == "x is there."


@pytest.mark.parametrize(
    ("name", "known", "end"),
    [
        ("trian", ["train", "eval"], "; did you mean 'train'?"),
        ("TRAIN", ["train", "eval"], "; did you mean 'train'?"),
        ("bat", ["cat", "hat"], "; did you mean 'cat' or 'hat'?"),
        ("xyz", ["train", "eval"], ". Known: eval, train."),
        ("xyz", (), ". Known: none."),
    ],
)
def test_nearest_ends_a_message(name, known, end):
    known = list(known)
    found = nearest(name, iter(known))
    if " or " in end:
        assert sorted(found) == sorted(end)
    else:
        assert found == end


def test_nearest_cuts_a_long_list():
    end = nearest("xyz", (f"task_{i:02d}" for i in range(30)))
    assert end.startswith(". Known: task_00, task_01")
    assert end.endswith("task_11 and 18 more.")


def test_what_the_system_refuses_is_told_with_the_path_and_the_remedy(tmp_path):
    with pytest.raises(UserError, match=f"{tmp_path}: Is a dir.*; name a file"):
        with told():
            tmp_path.read_text()
    with pytest.raises(MissingFileError, match="/x: No such file"):
        with told():
            (tmp_path / "x").read_text()
    with pytest.raises(ExistingFileError, match=f"{tmp_path}: File exists"):
        with told():
            tmp_path.mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="a folder on the way to it is a file"):
        with told():
            (tmp_path / "file" / "x").mkdir()


def test_a_full_disk_is_told_of_the_path_that_the_caller_names():
    @told("out.html")
    def write():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(UserError, match="^out.html: No space .*; make room"):
        write()


def test_a_temporary_file_has_the_name_that_it_would_have_been_given():
    with pytest.raises(UserError, match="^/x/out.html: Permission denied; ask"):
        with told("/x/out.html"):
            denied = os.strerror(errno.EACCES)
            raise PermissionError(errno.EACCES, denied, "/x/.out.html.12.tmp")


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / "x.txt").write_bytes(b"\xff")
    with pytest.raises(
        UserError, match="/x.txt is no text in UTF-8: 'utf-8' co"
    ):
        with told(tmp_path / "x.txt"):
            (tmp_path / "x.txt").read_text(encoding="utf-8")


def test_told_leaves_other_errors_as_they_are():
    mistake, defect = MissingFileError("x"), ValueError("x")
    for error in mistake, defect:
        with pytest.raises(ValueError) as raised, told():
            raise error
        assert raised.value is error


class AwayError(Exception):
    """As a library of buckets raises it, which is no OSError."""

    __module__ = "botocore.exceptions"


def test_a_bucket_that_does_not_answer_is_no_defect(capsys):
    def fail(argv):
        raise AwayError("Could not connect\nto http://there.")

    assert run_command(fail, []) == 2
    expected = "pali: Could not connect to http://there.\n"
    assert capsys.readouterr().err == expected
    with pytest.raises(UserError, match="^s3://b/x: Could not connect to h"):
        with told("s3://b/x"):
            fail([])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
