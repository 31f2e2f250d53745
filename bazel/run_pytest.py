"""Runs one test file under pytest, as the main program of a Bazel test.

The file itself is not the main program: it would be imported twice, and keras
before tests/conftest.py has chosen the backend.
"""

import os
import sys

import pytest


def main(path: str) -> int:
    """Runs the file; exits as pytest does, 5 when it holds no test."""
    arguments = [path, "-p", "no:cacheprovider"]
    if report := os.environ.get("XML_OUTPUT_FILE"):
        arguments.append(f"--junitxml={report}")
    if pattern := os.environ.get("TESTBRIDGE_TEST_ONLY"):
        arguments += ["-k", pattern]
    return pytest.main(arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
