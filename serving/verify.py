"""Loads an exported model where nothing of this project is, and runs it.

    python -m serving.verify <base>/<name>/<version>

Only TensorFlow, TF.Text and the messages of TF Serving are in this process
(TF.Text brings Keras): JAX and pali_tf cannot be imported, so an export that
needs them fails here and not at the user's.
"""

import sys

if __name__ == "__main__":
    for _name in ("jax", "pali_tf", "seqio"):
        sys.modules[_name] = None  # type: ignore[assignment]

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from serving.server.servable import Servable
from serving.signatures import SIGNATURES, TensorInfo
from serving.warmup import run_warmup_requests


def verify(path: Path) -> int:
    """Checks signatures of a SavedModel; gives how many requests were run.

    Raises:
        ValueError: a signature is not as serving.signatures says.
        ServingError: a request failed.
    """
    servable = Servable("verified", 0, path)
    for name, signature in SIGNATURES.items():
        if name not in servable.signatures:
            raise ValueError(f"{path} has no signature {name!r}.")
        found = servable.signatures[name]
        for infos, fields in (
            (signature.inputs, found.inputs),
            (signature.outputs, found.outputs),
        ):
            _check_fields(name, infos, fields)
    return run_warmup_requests(servable)


def _check_fields(
    name: str, infos: tuple[TensorInfo, ...], fields: Mapping[str, Any]
) -> None:
    wanted = {info.name: info for info in infos}
    if wanted.keys() != fields.keys():
        raise ValueError(
            f"Signature {name!r} has {sorted(fields)}, not {sorted(wanted)}."
        )
    for key, info in wanted.items():
        field = fields[key]
        dtype = tf.dtypes.as_dtype(field.dtype).name
        rank = len(field.tensor_shape.dim)
        if (dtype, rank) != (info.dtype, len(info.shape)):
            raise ValueError(
                f"{key} of signature {name!r} is {dtype} of rank {rank}, not "
                f"{info.dtype} of rank {len(info.shape)}."
            )


if __name__ == "__main__":
    verify(Path(sys.argv[1]))
