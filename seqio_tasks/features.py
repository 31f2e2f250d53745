"""What every task gives the model, and the last steps to it."""

from collections.abc import Callable, Mapping

import seqio
import tensorflow as tf

from pali_tf.data import visual_tokens, vocabulary
from pali_tf.data.data_root import DataRoot, PaliVocabulary
from pali_tf.data.feature_converter import DEFAULT_IMAGE_SIZE
from pali_tf.data.images import decode_image
from pali_tf.data.randomness import SEED
from pali_tf.data.task_choices import TaskChoices

Example = dict[str, tf.Tensor]

# Kept of a record beside what a task makes of it.
_PICTURE = ("image/encoded", *visual_tokens.STORED_FEATURES)
_KEPT = (*_PICTURE, "image/source_id", SEED)


def output_features(root: DataRoot) -> dict[str, seqio.Feature]:
    """Gives what every task gives the model, by name."""
    words = PaliVocabulary(root)
    continuous = seqio.ContinuousFeature
    return {
        "inputs": seqio.Feature(vocabulary=words),
        "targets": seqio.Feature(vocabulary=words),
        # One of the two is empty, as TASK_FEATURE_LENGTHS says.
        "images": continuous(dtype=tf.uint8, rank=3),
        "visual_tokens": continuous(dtype=tf.bfloat16, rank=2),
        # Of length 1 each: SeqIO's evaluator measures every feature.
        "image_mask": continuous(dtype=tf.bool),
        "task_id": continuous(dtype=tf.int32),
    }


def keep_image(
    make_text: Callable[..., Example], choices: TaskChoices
) -> Callable[..., tf.data.Dataset]:
    """Maps `make_text` over records and keeps the image, its id and the seed.

    It may ask for `sequence_length`, `output_features` and `choices`.
    """

    @tf.autograph.experimental.do_not_convert
    def preprocess(
        dataset: tf.data.Dataset,
        sequence_length: Mapping[str, int],
        output_features: Mapping[str, seqio.Feature],
    ) -> tf.data.Dataset:
        function = seqio.utils.add_kwargs_to_transform(
            make_text,
            sequence_length=sequence_length,
            output_features=output_features,
            choices=choices,
        )

        def transform(example: Example) -> Example:
            kept = {key: example[key] for key in _KEPT if key in example}
            return {**kept, **function(example)}

        return dataset.map(transform, num_parallel_calls=tf.data.AUTOTUNE)

    return preprocess


@tf.autograph.experimental.do_not_convert
@seqio.map_over_dataset
def tokenize(
    example: Example,
    sequence_length: Mapping[str, int],
    output_features: Mapping[str, seqio.Feature],
) -> Example:
    """Turns `inputs` and `targets` into tokens that end with EOS.

    A prompt over the length loses the end of its middle: its head, which names
    the language, and its last sentinel stay, and `is_truncated` says so. Text
    that is tokens already is only checked and ended. SeqIO's own `tokenize`
    would keep every feature a second time, images too.
    """
    end = [vocabulary.EOS_ID]
    inputs = _encode(example["inputs"], output_features["inputs"])
    targets = _encode(example["targets"], output_features["targets"])
    targets = tf.concat([targets, end], axis=0)
    room = sequence_length["inputs"] - 1
    fitted = _fit(inputs, room, output_features["inputs"].vocabulary)
    return {
        **example,
        "inputs": tf.concat([fitted, end], axis=0),
        # A target that goes on beyond the length has no end to learn.
        "targets": targets[: sequence_length["targets"]],
        "is_truncated": tf.size(inputs) > room,
    }


def add_image(task_id: int, root: DataRoot) -> Callable[..., tf.data.Dataset]:
    """Adds `images`, `image_mask`, `task_id` and `example_id`.

    The id is the image's, unless the task has given another, such as that of a
    question.

    Pixels come from `image/encoded`, decoded and resized; a record without an
    image gets zeros and the mask False. Where the lengths have an entry
    "visual_tokens", stored tokens come in place of `images`; where they have
    neither, as with SeqIO's own tools, images have DEFAULT_IMAGE_SIZE.
    """

    @tf.autograph.experimental.do_not_convert
    def preprocess(
        dataset: tf.data.Dataset, sequence_length: Mapping[str, int]
    ) -> tf.data.Dataset:
        add_picture = _picture_adder(sequence_length, root)

        def transform(example: Example) -> Example:
            stored = {key: example[key] for key in _PICTURE if key in example}
            rest = {k: v for k, v in example.items() if k not in stored}
            example_id = rest.pop("image/source_id", tf.constant(""))
            return {
                **rest,
                **add_picture(stored),
                "image_mask": tf.constant([bool(stored)]),
                "task_id": tf.constant([task_id]),
                "example_id": rest.get("example_id", example_id),
            }

        return dataset.map(transform, num_parallel_calls=tf.data.AUTOTUNE)

    return preprocess


def _picture_adder(
    lengths: Mapping[str, int], root: DataRoot
) -> Callable[[Example], Example]:
    """Gives the function from what is stored of an image to its features."""
    if "visual_tokens" in lengths:
        num_tokens = lengths["visual_tokens"]
        width = visual_tokens.stored_width(root.path, num_tokens)

        def add_tokens(stored: Example) -> Example:
            if stored:
                tokens = visual_tokens.read_tokens(stored, num_tokens, width)
            else:
                tokens = tf.zeros([num_tokens, width], tf.bfloat16)
            no_image = tf.zeros([0, 0, 3], tf.uint8)
            return {"images": no_image, "visual_tokens": tokens}

        return add_tokens
    side = lengths.get("images", DEFAULT_IMAGE_SIZE)

    def add_pixels(stored: Example) -> Example:
        if stored:
            image = decode_image(stored["image/encoded"], side)
        else:
            image = tf.zeros([side, side, 3], tf.uint8)
        no_tokens = tf.zeros([0, 0], tf.bfloat16)
        return {"images": image, "visual_tokens": no_tokens}

    return add_pixels


def _encode(text: tf.Tensor, feature: seqio.Feature) -> tf.Tensor:
    if text.dtype == tf.string:
        return feature.vocabulary.encode_tf(text)
    return text


def _fit(tokens: tf.Tensor, room: int, words: seqio.Vocabulary) -> tf.Tensor:
    """Cuts tokens to `room`, but never the sentinel at their end."""
    first_sentinel = words.vocab_size - vocabulary.NUM_SENTINELS
    end = tokens[-1:]
    is_kept = tf.logical_and(
        tf.size(tokens) > room, tf.reduce_any(end >= first_sentinel)
    )
    num_kept = tf.cast(is_kept, tf.int32)
    # Without a branch, which costs more than what it saves.
    return tf.concat([tokens[: room - num_kept], end[:num_kept]], axis=0)
