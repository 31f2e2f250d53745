"""One py_test for each pytest file of a folder."""

load("@rules_python//python:defs.bzl", "py_test")

_RUNNER = "//bazel:run_pytest.py"

def pytest_tests(deps, size = "large"):
    """Makes a py_test of every `*_test.py` at or below the calling BUILD file.

    Args:
      deps: What every one of them may import.
      size: Bazel's size of a test; "large" may take fifteen minutes, on a busy machine.
    """
    for path in native.glob(["**/*_test.py"]):
        py_test(
            name = path[:-len(".py")],
            size = size,
            srcs = [
                path,
                _RUNNER,
            ],
            args = ["$(location {})".format(path)],
            # An __init__.py made in gin/ would hide the gin library.
            legacy_create_init = 0,
            main = _RUNNER,
            deps = deps,
        )
