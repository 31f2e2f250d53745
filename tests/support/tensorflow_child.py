"""The other side of `both_backends.run_on_tensorflow`.

python -m tests.support.tensorflow_child <module> <options> <folder>
"""

import importlib
import json
import pathlib
import sys

import numpy as np

from pali_tf.backend import set_backend


def main(module: str, options: str, folder: str) -> None:
    """Reads parameters and inputs from the folder; writes outputs there."""
    set_backend("tensorflow")
    # The backend comes first: these import keras.
    case = importlib.import_module(module)
    parameter_path = importlib.import_module(
        "pali_tf.models.parameter_path"
    ).parameter_path
    place = pathlib.Path(folder)
    parameters = np.load(place / "parameters.npz")
    inputs = np.load(place / "inputs.npz")
    model = case.build(**json.loads(options))
    for variable in model.variables:
        variable.assign(parameters[parameter_path(variable)])
    outputs = case.run(model, {name: inputs[name] for name in inputs.files})
    np.savez(
        place / "outputs.npz",
        **{name: np.asarray(value) for name, value in outputs.items()},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
