"""The arrows between the parts hold: pyproject.toml declares them."""

import subprocess
import sys
import tomllib

import pytest

from tests.support.repository import ROOT

PROMISED = (
    "the model's arrows go one way",
    "the JAX core is free of tensorflow",
    "webli stands alone",
    "serving.client imports only serving.signatures",
    "gin stays at the edge",
    "the command line imports nothing heavy",
)


def test_the_promised_contracts_are_declared():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} >= set(PROMISED)


def test_the_contracts_are_kept():
    program = "from importlinter.cli import lint_imports; lint_imports()"
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in result.stdout, result.stdout + result.stderr
    assert " 0 broken" in result.stdout, result.stdout


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
