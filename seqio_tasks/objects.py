"""From labelled objects to questions about them, and to detection.

The paper gives the forms of the prompts; how objects are drawn is ours
(`TaskChoices`): which form, how many names, and how many of them are
absent.

Source: PaLI, arXiv 2209.06794, appendix "The Pretraining Task Mixture".
"""

from collections.abc import Sequence

import tensorflow as tf

from pali_tf.data.boxes import MAX_COORDINATE
from pali_tf.data.randomness import (
    SEED,
    random_index,
    random_order,
    weighted_index,
)
from pali_tf.data.task_choices import TaskChoices
from seqio_tasks import prompts
from seqio_tasks.features import Example
from seqio_tasks.reading_order import reading_order

LABELS = "image/object/class/text"
NEGATIVES = "image/object/negative/text"
SIDES = tuple(
    f"image/object/bbox/{side}" for side in ("ymin", "xmin", "ymax", "xmax")
)

FORMS = ("list", "presence", "set_presence", "which")

# The choices of one example, told apart by their salt.
_FORM, _IS_YES, _POSITIVE_ORDER, _NEGATIVE_ORDER, _COUNT, _SHUFFLE = range(1, 7)

# Labels are put in alphabetical order by so many of their bytes.
_KEY_BYTES = 24
_BYTES_A_KEY = 6


def ask_about_objects(
    example: Example, choices: TaskChoices = TaskChoices()
) -> Example:
    """Makes one of the four object-aware questions.

    | form         | question                         | answer               |
    |--------------|----------------------------------|----------------------|
    | list         | List the objects present:        | labels, alphabetical |
    | presence     | Is cat in the image?             | Yes or No            |
    | set_presence | Is cat, dog in the image?        | Yes: all of them are |
    | which        | Which of cat, dog are in ...?    | those, in that order |
    """
    seed = example[SEED]
    positives = _shuffled(tf.unique(example[LABELS])[0], seed, _POSITIVE_ORDER)
    negatives = _shuffled(example[NEGATIVES], seed, _NEGATIVE_ORDER)
    has_negatives = tf.size(negatives) > 0
    is_yes = tf.logical_or(
        weighted_index(choices.yes_no_weights, seed, _IS_YES) == 0,
        tf.logical_not(has_negatives),
    )
    answer = tf.where(is_yes, prompts.YES, prompts.NO)

    def list_objects() -> tuple[tf.Tensor, tf.Tensor]:
        listed = positives[: choices.max_listed]
        ordered = tf.gather(listed, _alphabetical_order(listed))
        return tf.constant(prompts.LIST_OBJECTS), prompts.join_objects(ordered)

    def presence() -> tuple[tf.Tensor, tf.Tensor]:
        name = tf.cond(is_yes, lambda: positives[:1], lambda: negatives[:1])
        return prompts.is_present(name), answer

    def set_presence() -> tuple[tf.Tensor, tf.Tensor]:
        # One name of a "No" is absent; the others are there.
        names = tf.cond(
            is_yes,
            lambda: positives[: choices.max_objects],
            lambda: tf.concat(
                [positives[: choices.max_objects - 1], negatives[:1]], axis=0
            ),
        )
        return prompts.is_present(_shuffled(names, seed, _SHUFFLE)), answer

    def which() -> tuple[tf.Tensor, tf.Tensor]:
        count = 1 + random_index(tf.constant(choices.max_objects), seed, _COUNT)
        present = positives[:count]
        names = tf.concat([present, negatives[: choices.max_absent]], axis=0)
        order = random_order(tf.size(names), seed, _SHUFFLE)
        is_there = order < tf.size(present)
        names = tf.gather(names, order)
        return (
            prompts.which_present(names),
            prompts.join_objects(names[is_there]),
        )

    form = weighted_index(choices.form_weights, seed, _FORM)
    inputs, targets = tf.switch_case(
        form, [list_objects, presence, set_presence, which]
    )
    return {
        "inputs": inputs,
        "targets": targets,
        "references": targets[None],
        "language": tf.constant("en"),
        "form": tf.gather(tf.constant(FORMS), form),
    }


def detect(example: Example, choices: TaskChoices = TaskChoices()) -> Example:
    """Makes "detect cat and dog" with the boxes of what is there.

    The names are those of the objects, and some absent ones, in a random order;
    the boxes are in reading order. Adds `boxes` float32[N,
    4] (ymin, xmin, ymax, xmax in [0, 1]) and `labels` string[N]: what is there
    of the names asked for.
    """
    seed = example[SEED]
    present = _shuffled(tf.unique(example[LABELS])[0], seed, _POSITIVE_ORDER)
    present = present[: choices.max_detected]
    negatives = _shuffled(
        _absent(example, choices.class_names), seed, _NEGATIVE_ORDER
    )
    num_negatives = random_index(
        tf.constant(choices.max_detected_absent + 1), seed, _COUNT
    )
    names = tf.concat([present, negatives[:num_negatives]], axis=0)
    labels, boxes = _asked_for(example, present, choices)
    targets = format_boxes(boxes, labels)
    return {
        "inputs": prompts.detect(_shuffled(names, seed, _SHUFFLE)),
        "targets": targets,
        "references": targets[None],
        "language": tf.constant("en"),
        "boxes": boxes,
        "labels": labels,
    }


def _absent(example: Example, classes: Sequence[str]) -> tf.Tensor:
    """Returns the absent names that a record has, else all other classes.

    Source: PaLI, appendix: "we randomly sample non-positive class labels".
    """
    names = tf.constant(classes, tf.string)
    is_present = tf.reduce_any(names[:, None] == example[LABELS], axis=1)
    return tf.cond(
        tf.size(example[NEGATIVES]) > 0,
        lambda: example[NEGATIVES],
        lambda: names[~is_present],
    )


def format_boxes(boxes: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Writes float32[N, 4] in [0, 1] as `boxes.parse_boxes` reads them."""
    numbers = tf.cast(tf.round(boxes * MAX_COORDINATE), tf.int32)
    numbers = tf.clip_by_value(numbers, 0, MAX_COORDINATE)
    parts = tf.concat([tf.strings.as_string(numbers), labels[:, None]], axis=1)
    return tf.strings.reduce_join(tf.reshape(parts, [-1]), separator=" ")


def _asked_for(
    example: Example, names: tf.Tensor, choices: TaskChoices
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the labels and boxes that have one of the names, in order."""
    labels = example[LABELS]
    boxes = tf.stack([example[side] for side in SIDES], axis=1)
    is_asked = tf.reduce_any(labels[:, None] == names[None, :], axis=1)
    labels, boxes = labels[is_asked], boxes[is_asked]
    if choices.box_order == "stored":
        return labels, boxes
    order = reading_order(boxes[:, 0], boxes[:, 1], boxes[:, 2])
    return tf.gather(labels, order), tf.gather(boxes, order)


def _shuffled(values: tf.Tensor, seed: tf.Tensor, salt: int) -> tf.Tensor:
    return tf.gather(values, random_order(tf.size(values), seed, salt))


def _alphabetical_order(texts: tf.Tensor) -> tf.Tensor:
    """Sorts strings by their first bytes: int32[N] indices."""
    # TensorFlow sorts numbers alone: six bytes make a number, and stable sorts
    # from the last number to the first sort the whole.
    raw = tf.io.decode_raw(texts, tf.uint8, fixed_length=_KEY_BYTES)
    weights = tf.constant(
        [256**power for power in reversed(range(_BYTES_A_KEY))], tf.int64
    )
    digits = tf.reshape(
        tf.cast(raw, tf.int64), [-1, _KEY_BYTES // _BYTES_A_KEY, _BYTES_A_KEY]
    )
    keys = tf.reduce_sum(digits * weights, axis=2)
    order = tf.range(tf.size(texts))
    for column in reversed(range(_KEY_BYTES // _BYTES_A_KEY)):
        column_keys = tf.gather(keys[:, column], order)
        order = tf.gather(order, tf.argsort(column_keys, stable=True))
    return order
