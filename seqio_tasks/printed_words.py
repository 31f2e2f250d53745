"""Printed words of the image as part of a prompt.

TextCaps, TextVQA, VizWiz and ST-VQA are answered from the words that an OCR
service found, "from top left to bottom right", as text without places.

Source: PaLI, arXiv 2209.06794, appendix (OCR strings as input).
"""

from collections.abc import Mapping

import seqio
import tensorflow as tf

from pali_tf.data.task_choices import TaskChoices
from seqio_tasks import prompts
from seqio_tasks.reading_order import reading_order

Example = dict[str, tf.Tensor]

FEATURES = (
    "ocr/text",
    "ocr/language",
    "ocr/bbox/ymin",
    "ocr/bbox/xmin",
    "ocr/bbox/ymax",
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

    Args:
        prompt: string[], which ends with the sentinel.
        example: a record with `FEATURES`.
        sequence_length: "inputs" is the length S that the result fits.
        output_features: "inputs" has the vocabulary.
        choices: how many tokens of words at most.

    Returns:
        string[]. "Answer in EN: what is it? ocr: stop main st <extra_id_0>".
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
