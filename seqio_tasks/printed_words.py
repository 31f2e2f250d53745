"""Printed words of the image as part of a prompt.

TextCaps, TextVQA, VizWiz and ST-VQA are answered from the words that an OCR
service found, "from top left to bottom right", as text without places.

Source: PaLI, arXiv 2209.06794, appendix (OCR strings as input).
"""

import dataclasses
from collections.abc import Mapping

import seqio
import tensorflow as tf

from pali_tf.data.task_choices import TaskChoices
from seqio_tasks import prompts
from seqio_tasks.definition import Example, Objective, TaskDefinition
from seqio_tasks.reading_order import reading_order

FEATURES = (
    "ocr/text",
    "ocr/language",
    "ocr/bbox/ymin",
    "ocr/bbox/xmin",
    "ocr/bbox/ymax",
)


def with_and_without(
    task: TaskDefinition,
) -> tuple[TaskDefinition, TaskDefinition]:
    """Gives a task with printed words in its prompts, and without them."""
    return (
        dataclasses.replace(task, objective=_with_words(task.objective)),
        dataclasses.replace(task, name=f"{task.name}_without_ocr"),
    )


def _with_words(objective: Objective) -> Objective:
    def make_text(
        example: Example,
        sequence_length: Mapping[str, int],
        output_features: Mapping[str, seqio.Feature],
        choices: TaskChoices = TaskChoices(),
    ) -> Example:
        made = objective.make_text(example)
        made["inputs"] = add_printed_words(
            made["inputs"], example, sequence_length, output_features, choices
        )
        return made

    features = (*objective.features, *FEATURES)
    return dataclasses.replace(
        objective, features=features, make_text=make_text
    )


def add_printed_words(
    prompt: tf.Tensor,
    example: Example,
    sequence_length: Mapping[str, int],
    output_features: Mapping[str, seqio.Feature],
    choices: TaskChoices,
) -> tf.Tensor:
    """Puts an image's printed words before the sentinel of a prompt.

    As many words, in reading order, as fit the inputs beside the prompt, and
    as `TaskChoices.max_ocr_tokens` allows: neither the question nor the
    sentinel is ever cut for them.

    Example: "Answer in EN: what is it? ocr: stop main st <extra_id_0>".
    """
    order = reading_order(
        *(example[f"ocr/bbox/{side}"] for side in ("ymin", "xmin", "ymax"))
    )
    words = tf.gather(example["ocr/text"], order)
    vocabulary = output_features["inputs"].vocabulary
    head = vocabulary.encode_tf(prompts.printed_words_head(prompt))
    sentinel_and_eos = 2
    room = sequence_length["inputs"] - tf.size(head) - sentinel_and_eos
    most = choices.max_ocr_tokens
    if most is not None:
        room = tf.minimum(room, most)
    # A piece never holds the space between two words, so lengths add up.
    lengths = tf.cast(vocabulary.encode_tf(words).row_lengths(), tf.int32)
    # What comes after a word that is too long is left out as well.
    return prompts.with_printed_words(prompt, words[tf.cumsum(lengths) <= room])
