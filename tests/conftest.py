"""Settings that hold for every test, under pytest and under Bazel alike."""

import os
import random

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
    """Checks shapes, if asked to, in what is imported from here on."""
    if config.getoption("--check-shapes"):
        shape_checks.install()


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Starts every test from the same state of the global generators."""
    random.seed(SEED)
    np.random.seed(SEED)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of its own for the test that asks for one."""
    return np.random.default_rng(SEED)
