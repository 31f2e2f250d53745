"""Settings that hold for every test, under pytest and under Bazel alike."""

import os
import pathlib
import random
import tempfile
from collections.abc import Iterator

# One backend per process, chosen before anything imports keras.
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest

from tests.support import shape_checks

SEED = 2209


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--check-shapes",
        action="store_true",
        help="hold each call in the model's packages to its signature's shapes",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Prepares what is imported from here on, in every process of a run."""
    if config.getoption("--check-shapes"):
        shape_checks.install()
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        # A program that several tests run is compiled once.
        folder = tempfile.TemporaryDirectory(prefix="pali-tests-compiled-")
        config.add_cleanup(folder.cleanup)
        os.environ["JAX_COMPILATION_CACHE_DIR"] = folder.name


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Starts every test from the same state of the global generators."""
    random.seed(SEED)
    np.random.seed(SEED)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of its own for the test that asks for one."""
    return np.random.default_rng(SEED)


@pytest.fixture(scope="session")
def s3_root() -> Iterator[str]:
    """A bucket of S3, on a server that lives as long as the tests."""
    from tests.support import object_storage

    with object_storage.served("s3") as root:
        yield root


@pytest.fixture(scope="session")
def gs_root() -> Iterator[str]:
    """A bucket of GCS, on a server that lives as long as the tests."""
    from tests.support import object_storage

    with object_storage.served("gs") as root:
        yield root


@pytest.fixture(params=["disk", "s3", "gs"])
def storage(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> str:
    """An empty folder: on a disk, and in a bucket of each kind."""
    if request.param == "disk":
        return str(tmp_path)
    return f"{request.getfixturevalue(f'{request.param}_root')}/{tmp_path.name}"
