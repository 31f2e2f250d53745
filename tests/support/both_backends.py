"""Runs the same Keras code on JAX and, in a process of its own, on TensorFlow.

A case is a module with two functions that import on either backend:

    build(**options) -> keras.Model, built
    run(model, inputs) -> arrays by name, from arrays by name
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import jax
import numpy as np

from pali_tf.models.functional import FunctionalModel, unflatten
from tests.support.repository import ROOT

Arrays = dict[str, np.ndarray]


def functional(case: ModuleType, **options: Any) -> FunctionalModel:
    """The case's model as pure functions, on JAX."""
    return FunctionalModel(lambda: case.build(**options))


def run_on_jax(
    case: ModuleType, parameters: Arrays, inputs: Arrays, **options: Any
) -> Arrays:
    """Runs a case under jit, as the engine does.

    Args:
        case: the module.
        parameters: by path, in the layout of the model.
        inputs: of `run`.
        **options: of `build`.
    """
    model = functional(case, **options)
    run = jax.jit(lambda params, xs: model.call(case.run, params, xs))
    outputs = run(unflatten(parameters), inputs)
    return {name: np.asarray(value) for name, value in outputs.items()}


def run_on_tensorflow(
    case: ModuleType, parameters: Arrays, inputs: Arrays, **options: Any
) -> Arrays:
    """Runs a case as plain TensorFlow; the arguments of `run_on_jax`."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        save(folder / "parameters.npz", parameters)
        save(folder / "inputs.npz", inputs)
        subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.support.tensorflow_child",
                case.__name__,
                json.dumps(options),
                name,
            ],
            cwd=ROOT,
            env=os.environ | {"KERAS_BACKEND": "tensorflow"},
            check=True,
        )
        return load(folder / "outputs.npz")


def save(path: pathlib.Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays by name."""
    np.savez(path, **arrays)


def load(path: pathlib.Path) -> Arrays:
    """Reads arrays by name."""
    with np.load(path) as archive:
        return dict(archive)
