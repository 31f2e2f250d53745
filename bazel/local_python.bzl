"""@pypi: the interpreter that PYTHON_BIN_PATH names, and what is installed.

`requirement("jax")` is an empty library: the interpreter finds its packages
by itself, and the label exists only for a distribution that is installed, so
that a missing one fails when the build is analysed, by name.
"""

_LIST_DISTRIBUTIONS = """
import importlib.metadata as metadata, re, sys
if sys.version_info[:2] != (3, 11):
    sys.exit("pali_tf needs Python 3.11, this is " + sys.version)
names = {d.metadata["Name"] for d in metadata.distributions()}
print("\\n".join(sorted({re.sub("[-_.]+", "_", n).lower() for n in names})))
"""

_BUILD = """
load("@bazel_tools//tools/python:toolchain.bzl", "py_runtime_pair")

package(default_visibility = ["//visibility:public"])

# Bazel's launcher starts with "#!/usr/bin/env python", which Debian lacks.
py_runtime(
    name = "runtime",
    interpreter_path = "{python}",
    python_version = "PY3",
    stub_shebang = "#!{python}",
)

py_runtime_pair(
    name = "runtime_pair",
    py3_runtime = ":runtime",
)

toolchain(
    name = "toolchain",
    toolchain = ":runtime_pair",
    toolchain_type = "@bazel_tools//tools/python:toolchain_type",
)

[py_library(name = name) for name in {names}]
"""

_REQUIREMENTS = """
def requirement(name):
    return "@pypi//:" + name.replace("-", "_").replace(".", "_").lower()
"""

def _local_python_impl(ctx):
    python = ctx.os.environ.get("PYTHON_BIN_PATH")
    if not python or not python.startswith("/"):
        fail("set PYTHON_BIN_PATH to the full path of the Python that runs " +
             "the tests, as in PYTHON_BIN_PATH=$PWD/.venv/bin/python " +
             "(`make setup` makes it)")
    result = ctx.execute([python, "-c", _LIST_DISTRIBUTIONS])
    if result.return_code:
        fail("{}: {}".format(python, result.stderr.strip()))
    names = [name for name in result.stdout.splitlines() if name]
    ctx.file("BUILD", _BUILD.format(names = repr(names), python = python))
    ctx.file("requirements.bzl", _REQUIREMENTS)

local_python = repository_rule(
    implementation = _local_python_impl,
    configure = True,
    environ = ["PYTHON_BIN_PATH"],
    local = True,
)
