"""One number that tells a ViT from another: a digest of its parameters."""

import hashlib
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils

from pali_tf.models.stacking import unstack_layers

ROOT = "vision/"


def vision_digest(parameters: Mapping[str, Any]) -> str:
    """Gives the sha256 of a ViT's parameters in the order of their paths.

    They count as bfloat16 and unrolled, so that a run has the digest of its
    checkpoint, whatever its precision and the layout of its blocks. The
    position table belongs to it: another image size is another ViT.

    Args:
        parameters: jax.Array by parameter path; those below `vision/` count.
            Where several processes share them, all must call this.

    Returns:
        64 hexadecimal digits.
    """
    vision = {
        path: _on_host(value)
        for path, value in sorted(parameters.items())
        if path.startswith(ROOT)
    }
    digest = hashlib.sha256()
    for path, value in sorted(unstack_layers(vision).items()):
        digest.update(f"{path} {list(value.shape)}\n".encode())
        digest.update(value.view(np.uint16).astype("<u2").tobytes())
    return digest.hexdigest()


def _on_host(value: jax.Array) -> np.ndarray:
    value = value.astype(jnp.bfloat16)
    if not value.is_fully_addressable:
        value = multihost_utils.process_allgather(value, tiled=True)
    return np.asarray(value)
