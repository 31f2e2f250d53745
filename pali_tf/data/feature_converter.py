"""Task features to model features: the only list of what the model reads."""

from collections.abc import Mapping
from typing import Any

import seqio
import tensorflow as tf

from pali_tf.errors import UserError

# The side of images where the lengths do not name it: PaLI's first phase.
DEFAULT_IMAGE_SIZE = 224

_Spec = seqio.FeatureConverter.FeatureSpec


def _with_tokens(specs: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: spec for name, spec in specs.items() if name != "images"}
    return {"visual_tokens": _Spec(dtype=tf.bfloat16, rank=2), **kept}


class PaliFeatureConverter(seqio.FeatureConverter):
    """Pads the text and shifts the targets right; pictures pass through.

    Task features: `inputs` int32[<=S], `targets` int32[<=T], `images`
    uint8[H, W, 3], `image_mask` bool[1] and `task_id` int32[1].
    `task_feature_lengths` names S, T and H as "inputs", "targets" and
    "images"; H is 224 where it is not named. With an entry "visual_tokens", P,
    the task feature `visual_tokens` bfloat16[P, Dv] stands in for `images`.

    | model feature          | type, shape      | content                      |
    |------------------------|------------------|------------------------------|
    | images                 | uint8[H, W, 3]   | pixels; zeros for text alone |
    | visual_tokens          | bfloat16[P, Dv]  | in their place, where stored |
    | image_mask             | bool[]           | False: text alone            |
    | encoder_input_tokens   | int32[S]         | inputs, padded with 0        |
    | decoder_target_tokens  | int32[T]         | targets, padded with 0       |
    | decoder_input_tokens   | int32[T]         | 0, then the targets          |
    | decoder_loss_weights   | float32[T]       | 1 on targets, 0 on padding   |
    | task_id                | int32[]          | the task's place in the run |

    Example (S=4, T=4): inputs [7, 8, 1], targets [5, 1] gives
    encoder_input_tokens [7, 8, 1, 0], decoder_target_tokens [5, 1, 0, 0],
    decoder_input_tokens [0, 5, 1, 0], decoder_loss_weights [1, 1, 0, 0].

    Source: google/seqio seqio/feature_converters.py:EncDecFeatureConverter
        @ b898b9f.
    """

    TASK_FEATURES = {
        "inputs": _Spec(dtype=tf.int32),
        "targets": _Spec(dtype=tf.int32),
        "images": _Spec(dtype=tf.uint8, rank=3),
    }
    MODEL_FEATURES = {
        "images": _Spec(dtype=tf.uint8, rank=3),
        "image_mask": _Spec(dtype=tf.bool, rank=0),
        "encoder_input_tokens": _Spec(dtype=tf.int32),
        "decoder_input_tokens": _Spec(dtype=tf.int32),
        "decoder_target_tokens": _Spec(dtype=tf.int32),
        "decoder_loss_weights": _Spec(dtype=tf.float32),
        "task_id": _Spec(dtype=tf.int32, rank=0),
    }
    PACKING_FEATURE_DTYPES: Mapping[str, tf.dtypes.DType] = {}

    def __init__(self, pack: bool = False, **kwargs: object) -> None:
        if pack:
            raise UserError(
                "PaliFeatureConverter cannot pack: two images do not share one "
                "sequence. Set pack=False."
            )
        super().__init__(pack=False, **kwargs)

    def __call__(
        self, ds: tf.data.Dataset, task_feature_lengths: Mapping[str, int]
    ) -> tf.data.Dataset:
        """Converts and checks a dataset, as SeqIO does."""
        converter = self
        if _picture(task_feature_lengths) == "visual_tokens":
            converter = _StoredTokensConverter()
        # SeqIO's evaluator gives the length of every output feature.
        lengths = {"images": DEFAULT_IMAGE_SIZE, **task_feature_lengths}
        # Not this method of `converter`, but the one that it has from SeqIO.
        return seqio.FeatureConverter.__call__(
            converter,
            ds,
            {name: lengths[name] for name in converter.TASK_FEATURES},
        )

    def convert(
        self,
        example: Mapping[str, tf.Tensor],
        task_feature_lengths: Mapping[str, int],
    ) -> dict[str, tf.Tensor]:
        """Converts one example; the class docstring has a picture."""
        targets = _pad(example["targets"], task_feature_lengths["targets"])
        picture = _picture(task_feature_lengths)
        return {
            picture: example[picture],
            "image_mask": tf.reshape(example["image_mask"], []),
            "encoder_input_tokens": _pad(
                example["inputs"], task_feature_lengths["inputs"]
            ),
            "decoder_input_tokens": tf.concat([[0], targets[:-1]], axis=0),
            "decoder_target_tokens": targets,
            "decoder_loss_weights": tf.cast(targets != 0, tf.float32),
            "task_id": tf.reshape(example["task_id"], []),
        }

    def _convert_features(
        self,
        ds: tf.data.Dataset,
        task_feature_lengths: Mapping[str, int],
    ) -> tf.data.Dataset:
        return ds.map(
            lambda example: self.convert(example, task_feature_lengths),
            num_parallel_calls=tf.data.AUTOTUNE,
        )

    def get_model_feature_lengths(
        self, task_feature_lengths: Mapping[str, int]
    ) -> Mapping[str, int]:
        """Returns the length of each model feature; scalars have none (0)."""
        picture = _picture(task_feature_lengths)
        return {
            picture: task_feature_lengths[picture],
            "image_mask": 0,
            "encoder_input_tokens": task_feature_lengths["inputs"],
            "decoder_input_tokens": task_feature_lengths["targets"],
            "decoder_target_tokens": task_feature_lengths["targets"],
            "decoder_loss_weights": task_feature_lengths["targets"],
            "task_id": 0,
        }


class _StoredTokensConverter(PaliFeatureConverter):
    """The same, for SeqIO's checks, with tokens in place of images."""

    TASK_FEATURES = _with_tokens(PaliFeatureConverter.TASK_FEATURES)
    MODEL_FEATURES = _with_tokens(PaliFeatureConverter.MODEL_FEATURES)


def _picture(lengths: Mapping[str, int]) -> str:
    return "visual_tokens" if lengths.get("visual_tokens") else "images"


def _pad(tokens: tf.Tensor, length: int) -> tf.Tensor:
    padded = tf.pad(tokens, tf.stack([[0, length - tf.size(tokens)]]))
    return tf.ensure_shape(padded, [length])
