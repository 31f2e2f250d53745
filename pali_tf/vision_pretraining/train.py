"""Pre-trains the ViT: one run, two cool-downs, their average.

The cool-down is run twice from the same state, on resized images and on
inception crops, and the two sets of weights are averaged.

Source: PaLI appendix, "ViT-e".
"""

import sys
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from pali_tf.models.functional import unflatten
from pali_tf.models.parameter_path import parameter_path
from pali_tf.models.vit.config import get_config
from pali_tf.models.vit.model import VisionClassifier
from pali_tf.types import Params
from pali_tf.vision_pretraining.config import VisionPretrainingConfig
from pali_tf.vision_pretraining.dataset import make_dataset
from pali_tf.vision_pretraining.schedule import RsqrtWithCooldown

# Odds of a label that is present in one image of fifty.
_HEAD_BIAS = -4.0

# First and last layers, and what is no matrix, are for Adam.
# Source: Muon (Jordan, 2024), "Empirical considerations".
_ADAM_LAYERS = ("patch_embedding", "position_embedding", "probe", "head/")

Weights = list[np.ndarray]


def make_classifier(
    config: VisionPretrainingConfig, num_classes: int
) -> VisionClassifier:
    """Builds and compiles the tower with its pooling and class heads."""
    keras.utils.set_random_seed(config.seed)
    tower = get_config(
        config.size, image_size=config.image_size, position_stddev=0.5
    )
    model = VisionClassifier(tower, num_classes, bias_init=_HEAD_BIAS)
    model.build()
    model.compile(
        optimizer=keras.optimizers.Muon(
            learning_rate=RsqrtWithCooldown(config),
            weight_decay=config.weight_decay,
            exclude_layers=list(_ADAM_LAYERS),
        ),
        loss=sigmoid_cross_entropy,
        jit_compile=True,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def sigmoid_cross_entropy(labels: object, logits: object) -> object:
    """Sums the binary cross-entropy over classes.

    Args:
        labels: float32[B, C] in {0, 1}.
        logits: float32[B, C].

    Returns:
        float32[B].

    Source: google-research/big_vision utils.py, sigmoid_xent.
    """
    ops = keras.ops
    per_class = ops.binary_crossentropy(labels, logits, from_logits=True)
    return ops.sum(per_class, axis=-1)


def vision_parameters(model: VisionClassifier) -> Params:
    """Gives the tower as {"vision": {...}} of PaLI's tree, without its heads.

    Source: PaLI section 3.1: no pooling before the encoder-decoder.
    """
    return unflatten(
        {
            parameter_path(variable): np.asarray(variable.numpy())
            for variable in model.vision.variables
        }
    )


def average_weights(weights: Sequence[Weights]) -> Weights:
    """Averages sets of weights, array by array."""
    return [
        np.mean(np.stack(arrays), axis=0)
        for arrays in zip(*weights, strict=True)
    ]


def micro_f1(model: VisionClassifier, dataset: tf.data.Dataset) -> float:
    """F1 over all labels of all examples, at probability 0.5: in [0, 1]."""
    hits = predicted = actual = 0.0
    for images, labels in dataset.as_numpy_iterator():
        positive = model.predict_on_batch(images) > 0
        hits += float((positive * labels).sum())
        predicted += float(positive.sum())
        actual += float(labels.sum())
    return 2 * hits / max(predicted + actual, 1.0)


def pretrain(
    data_dir: str,
    names: list[str],
    config: VisionPretrainingConfig,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> tuple[VisionClassifier, dict[str, float]]:
    """Runs the whole recipe for the labels of `dataset.label_names`.

    Returns:
        The classifier with the averaged weights, and the validation F1 of
        "resize", "crop" and "average".
    """
    model = make_classifier(config, len(names))

    def fit(num_steps: int, crop: bool) -> None:
        model.fit(
            make_dataset(data_dir, "train", names, config, crop=crop),
            steps_per_epoch=num_steps,
            shuffle=False,
            # A bar for a person; in a pipe MetricsLog's lines are enough.
            verbose=1 if sys.stdout.isatty() else 0,
            callbacks=list(callbacks),
        )

    validation = make_dataset(
        data_dir, "validation", names, config, training=False
    )
    logging.info("ViT: %d steps to the cool-down.", config.num_main_steps)
    fit(config.num_main_steps, crop=False)
    state = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]

    scores: dict[str, float] = {}
    souped: list[Weights] = []
    for name, crop in (("resize", False), ("crop", True)):
        for variable, value in zip(
            (*model.variables, *model.optimizer.variables), state, strict=True
        ):
            variable.assign(value)
        logging.info("ViT: cool-down with %s.", name)
        fit(config.num_cooldown_steps, crop=crop)
        souped.append(model.get_weights())
        scores[name] = micro_f1(model, validation)
    model.set_weights(average_weights(souped))
    scores["average"] = micro_f1(model, validation)
    return model, scores
