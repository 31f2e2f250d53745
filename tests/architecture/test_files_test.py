"""Every test file is found, and runs when it is executed."""

import pytest

from tests.support.repository import files, name

RUNNER = (
    'if __name__ == "__main__":\n'
    "    raise SystemExit(pytest.main([__file__]))\n"
)


def test_every_test_file_has_a_runner():
    # Executed as a plain program, it would pass without running.
    without = [
        name(path)
        for path in files("_test.py", "tests")
        if not path.read_text().endswith(RUNNER)
    ]
    assert without == []


def test_every_file_with_tests_is_collected():
    hidden = [
        name(path)
        for path in files(".py", "tests")
        if not path.name.endswith("_test.py")
        and path.name != "conftest.py"
        and "\ndef test_" in path.read_text()
    ]
    assert hidden == []


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
