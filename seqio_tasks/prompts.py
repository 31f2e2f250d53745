"""The paper's prompts, word for word, as string tensors.

SentencePiece knows a sentinel only at a word start, so a space comes before
each.

Source: PaLI, arXiv 2209.06794, appendix "The Pretraining Task Mixture".
"""

import tensorflow as tf

from pali_tf.data.vocabulary import sentinel

SENTINEL = sentinel(0)

_END = f" {SENTINEL}"

# Of zero-shot classification; the paper has no "the" here.
PHOTO_OF = f"Generate alt_text in EN at 2: Photo of {SENTINEL}"
LIST_OBJECTS = f"Answer in EN: List the objects present: {SENTINEL}"
YES = "Yes"
NO = "No"


def split_caption_head(language: tf.Tensor) -> tf.Tensor:
    """Gives "Generate the alt_text in EN at"."""
    return tf.strings.join(["Generate the alt_text in ", language, " at"])


def split_caption_number(position: int) -> str:
    """Gives "2:", what follows the head of a split caption's prompt."""
    return f"{position}:"


def split_caption(
    language: tf.Tensor, position: tf.Tensor, beginning: tf.Tensor
) -> tf.Tensor:
    """Gives "Generate the alt_text in EN at 2: a photo <extra_id_0>".

    With an empty beginning, at 0, it asks for the whole caption.
    """
    head = split_caption_head(language)
    number = tf.strings.as_string(position)
    tail = tf.where(position > 0, f" {SENTINEL}", SENTINEL)
    return tf.strings.join([head, " ", number, ": ", beginning, tail])


def caption(language: tf.Tensor) -> tf.Tensor:
    """Gives "Generate the alt_text in EN at 0: <extra_id_0>"."""
    return tf.strings.join([split_caption_head(language), f" 0: {SENTINEL}"])


def ocr(language: tf.Tensor) -> tf.Tensor:
    """Gives "Generate the ocr_text in EN: <extra_id_0>"."""
    return tf.strings.join(
        ["Generate the ocr_text in ", language, f": {SENTINEL}"]
    )


def answer(question: tf.Tensor) -> tf.Tensor:
    """Gives "Answer in EN: how many? <extra_id_0>"; answers are English."""
    return answer_in(tf.constant("EN"), question)


def answer_in(language: tf.Tensor, question: tf.Tensor) -> tf.Tensor:
    """Gives "Answer in FR: combien ? <extra_id_0>"."""
    return tf.strings.join(["Answer in ", language, ": ", question, _END])


def with_printed_words(prompt: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    """Gives "Answer in EN: what is it? ocr: stop main st <extra_id_0>".

    The paper gives printed words as input and does not say how: this form is
    ours. Without words the prompt is unchanged.
    """
    text = tf.strings.reduce_join(words, separator=" ")
    return tf.cond(
        tf.size(words) > 0,
        lambda: tf.strings.join([printed_words_head(prompt), " ", text, _END]),
        lambda: prompt,
    )


def printed_words_head(prompt: tf.Tensor) -> tf.Tensor:
    """Gives "Answer in EN: what is it? ocr:" of that prompt without words."""
    head = tf.strings.regex_replace(prompt, f"{_END}$", "")
    return tf.strings.join([head, " ocr:"])


def question(language: tf.Tensor, answer: tf.Tensor) -> tf.Tensor:
    """Gives "Generate a question in FR for red: <extra_id_0>"."""
    return tf.strings.join(
        ["Generate a question in ", language, " for ", answer, f": {SENTINEL}"]
    )


def is_present(objects: tf.Tensor) -> tf.Tensor:
    """Gives "Answer in EN: Is cat, dog in the image? <extra_id_0>"."""
    names = join_objects(objects)
    return tf.strings.join(["Answer in EN: Is ", names, " in the image?", _END])


def which_present(objects: tf.Tensor) -> tf.Tensor:
    """Gives "Answer in EN: Which of a, b are in the image? <extra_id_0>"."""
    names = join_objects(objects)
    return tf.strings.join(
        ["Answer in EN: Which of ", names, " are in the image?", _END]
    )


def detect(classes: tf.Tensor) -> tf.Tensor:
    """Gives "detect cat and dog", without a sentinel, as the paper shows it."""
    names = tf.strings.reduce_join(classes, separator=" and ")
    return tf.strings.join(["detect ", names])


def join_objects(objects: tf.Tensor) -> tf.Tensor:
    """Gives "cat, dog" for string[N]."""
    return tf.strings.reduce_join(objects, separator=", ")
