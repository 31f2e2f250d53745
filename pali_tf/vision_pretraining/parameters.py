"""The tower's parameters as the `vision/` part of PaLI's tree."""

import numpy as np

from pali_tf.models.parameter_path import parameter_path
from pali_tf.models.vit.model import VisionClassifier
from pali_tf.types import Params

_ROOT = "vision"


def vision_parameters(model: VisionClassifier) -> Params:
    """Gives the tower without its heads, which PaLI does not use.

    Args:
        model: a trained classifier.

    Returns:
        {"vision": {...}}, float32 numpy arrays, by Keras variable path.

    Source: PaLI section 3.1: no pooling before the encoder-decoder.
    """
    tree: dict = {}
    for variable in model.vision.variables:
        *parents, name = parameter_path(variable).split("/")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = np.asarray(variable.numpy())
    if list(tree) != [_ROOT]:
        raise ValueError(
            f"The tower's variables lie under {sorted(tree)}, not {_ROOT!r}."
        )
    return tree
