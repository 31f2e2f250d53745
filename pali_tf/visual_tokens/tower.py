"""The ViT alone, with a checkpoint's parameters, as a compiled function."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import keras
import numpy as np

from pali_tf.checkpoints import checkpoint, initial_parameters
from pali_tf.errors import UserError
from pali_tf.models.functional import FunctionalModel, unflatten
from pali_tf.models.vit.config import ViTConfig
from pali_tf.models.vit.encoder import VisionEncoder
from pali_tf.training.configs import Selection
from pali_tf.types import Array
from pali_tf.visual_tokens.digest import ROOT, vision_digest

_SELECTION = Selection(only=f"{ROOT}.*")


class VisionTower(keras.Model):
    """PaLI without its language part; the parameters have PaLI's paths."""

    def __init__(self, config: ViTConfig, **kwargs: Any):
        super().__init__(**kwargs)
        self.vision = VisionEncoder(config, name=ROOT.rstrip("/"))

    def build(self, input_shape: object = None) -> None:
        """Builds the tower; the shapes follow from the configuration."""
        self.vision.build()

    def call(self, images: Array) -> Array:
        """uint8[B, H, W, 3] -> float[B, P, Dv]."""
        return self.vision(images)


class LoadedTower:
    """Gives the tokens of any number of images, in batches of one shape.

    Parameters take the precision of the computation first, as those of a
    frozen ViT in training do.

    Args:
        config: the ViT.
        path: a checkpoint that holds it, maybe in another layout or for
            another image size.
        batch_size: int > 0. B, images of a call; the last call is filled up.

    Raises:
        MissingFileError: there is no checkpoint.
        UserError: the checkpoint holds no ViT, or another one.
    """

    def __init__(self, config: ViTConfig, path: str, batch_size: int):
        self._batch_size = batch_size
        functional = FunctionalModel(functools.partial(_build, config))
        loaded = _load(functional, path)
        self.digest = vision_digest(loaded)
        self._params = unflatten(
            {name: x.astype(config.dtype) for name, x in loaded.items()}
        )
        self._call: Callable[..., jax.Array] = jax.jit(functional.apply)
        self._shape = (config.num_patches, config.width)

    def encode(self, images: np.ndarray) -> np.ndarray:
        """uint8[N, H, W, 3] -> float[N, P, Dv], on the host."""
        if not len(images):
            return np.zeros((0, *self._shape), np.float32)
        made, waiting = [], None
        for start in range(0, len(images), self._batch_size):
            batch = images[start : start + self._batch_size]
            num_missing = self._batch_size - len(batch)
            batch = np.pad(batch, ((0, num_missing), *[(0, 0)] * 3))
            tokens = self._call(self._params, batch)
            # Fetched one call later, so that the device is never idle.
            if waiting is not None:
                made.append(np.asarray(waiting))
            waiting = tokens
        made.append(np.asarray(waiting))
        return np.concatenate(made)[: len(images)]


def _build(config: ViTConfig) -> VisionTower:
    model = VisionTower(config, name="tower")
    model.build()
    return model


def _load(functional: FunctionalModel, path: str) -> dict[str, jax.Array]:
    found = str(checkpoint.find(path))
    names = checkpoint.parameter_shapes(found)
    if not any(name.startswith(ROOT) for name in names):
        roots = sorted({name.split("/")[0] for name in names})
        raise UserError(
            f"{found} holds no ViT: its parameters lie under "
            f"{', '.join(roots)}, none under {ROOT}."
        )
    shapes = initial_parameters.fitted_shapes(
        found, functional.specs, _SELECTION
    )
    missing = sorted(functional.specs.keys() - shapes.keys())
    if missing:
        raise UserError(
            f"{found} lacks {len(missing)} of the ViT's "
            f"{len(functional.specs)} parameters, such as {missing[0]!r}: is "
            "it one of this size?"
        )
    return initial_parameters.load_fitted(
        found, functional.specs, {}, _SELECTION
    )
