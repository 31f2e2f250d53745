"""A user's mistake is one line and code 2; a defect keeps its traceback."""

import pytest

from pali_tf.errors import one_line, run_command


def fail_with(error):
    def command(argv):
        raise error

    return command


@pytest.mark.parametrize("kind", [ValueError, FileNotFoundError])
def test_a_user_error_is_one_line_and_code_two(capsys, kind):
    code = run_command(fail_with(kind("no folder 'x'\n  make it first")), [])
    assert code == 2
    assert capsys.readouterr().err == "pali: no folder 'x' make it first\n"


def test_a_defect_keeps_its_traceback():
    with pytest.raises(KeyError):
        run_command(fail_with(KeyError("x")), [])


def test_debug_keeps_the_traceback(monkeypatch):
    with pytest.raises(ValueError):
        run_command(fail_with(ValueError("x")), [], debug=True)
    monkeypatch.setenv("PALI_DEBUG", "1")
    with pytest.raises(ValueError):
        run_command(fail_with(ValueError("x")), [])


def test_interruption_is_130(capsys):
    assert run_command(fail_with(KeyboardInterrupt()), []) == 130
    assert capsys.readouterr().err == "pali: interrupted\n"


def test_none_is_success():
    assert run_command(lambda argv: None, []) == 0


def test_one_line():
    error = ValueError("no task 'x'\n  nearest: y")
    assert one_line(error) == "no task 'x' nearest: y"
    assert one_line(ValueError()) == "ValueError"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
