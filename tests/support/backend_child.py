"""Runs the tiny PaLI on the TensorFlow backend, in a process of its own.

python -m tests.support.backend_child parameters.npz outputs.npz
"""

import sys

from pali_tf.backend import set_backend

set_backend("tensorflow")

import numpy as np  # noqa: E402  (the backend comes first)

from pali_tf.decoding.generate import greedy_decode  # noqa: E402
from pali_tf.models.parameter_path import parameter_path  # noqa: E402
from tests.support.tiny_pali import make_batch, make_pali  # noqa: E402

DECODE_LENGTH = 6
NUM_PIECES = 60


def main(parameters: str, outputs: str) -> None:
    """Loads parameters by path; saves logits, tokens and scores."""
    model = make_pali()
    values = np.load(parameters)
    for variable in model.variables:
        variable.assign(values[parameter_path(variable)])
    batch = make_batch()
    decoded = greedy_decode(
        model,
        batch["images"],
        batch["image_mask"],
        batch["encoder_input_tokens"],
        max_decode_len=DECODE_LENGTH,
        num_pieces=NUM_PIECES,
    )
    np.savez(
        outputs,
        logits=np.asarray(model(batch)),
        tokens=np.asarray(decoded.tokens),
        scores=np.asarray(decoded.scores),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
