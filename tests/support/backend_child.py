"""Runs the tiny PaLI on the TensorFlow backend, in a process of its own.

python -m tests.support.backend_child parameters.npz outputs.npz
"""

import sys

from pali_tf.backend import set_backend

set_backend("tensorflow")

import numpy as np  # noqa: E402  (the backend comes first)

from pali_tf.models.parameter_path import parameter_path  # noqa: E402
from tests.support import both_decodings  # noqa: E402
from tests.support.tiny_pali import make_batch, make_pali  # noqa: E402


def main(parameters: str, outputs: str) -> None:
    """Loads parameters by path; saves logits, tokens and scores."""
    model = make_pali()
    values = np.load(parameters)
    for variable in model.variables:
        variable.assign(values[parameter_path(variable)])
    found = both_decodings.run(model, make_batch())
    np.savez(outputs, **{k: np.asarray(v) for k, v in found.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
