"""From a stored record to a prompt and its target, for images and words.

Each function takes a parsed record with its `seed` and gives strings:

| key        | type       | content                                           |
|------------|------------|---------------------------------------------------|
| inputs     | string[]   | the prompt                                        |
| targets    | string[]   | what the model shall say                          |
| references | string[R]  | every answer that the record holds to be right    |
| language   | string[]   | lower-case code of the target's language          |

One choice an example (which caption, which question) is drawn from its seed.

Source: PaLI, arXiv 2209.06794, appendix "The Pretraining Task Mixture".
"""

from collections.abc import Mapping

import seqio
import tensorflow as tf

from pali_tf.data.randomness import SEED, random_index
from pali_tf.data.task_choices import TaskChoices
from seqio_tasks import languages, prompts
from seqio_tasks.features import Example
from seqio_tasks.reading_order import reading_order

# The choices of one example, told apart by their salt.
_PICK, _SPLIT = 1, 2


def split_caption(
    example: Example,
    sequence_length: Mapping[str, int],
    output_features: Mapping[str, seqio.Feature],
    choices: TaskChoices = TaskChoices(),
) -> Example:
    """Makes "Generate the alt_text in EN at 2: a photo <extra_id_0>".

    The caption is cut between two words, each place as likely; `<pos>` counts
    the words before it, characters where a language writes without spaces.
    Both parts have a word, save for a caption of one. Only places are drawn
    for which the prompt fits the inputs, so that neither its head nor its
    sentinel is ever cut.
    """
    seed = example[SEED]
    pick = random_index(tf.size(example["caption/text"]), seed, _PICK)
    language = example["caption/language"][pick]
    words = _words(example["caption/text"][pick], language)
    code = languages.prompt_code(language)
    places = _fitting_places(
        words,
        code,
        sequence_length["inputs"],
        output_features["inputs"].vocabulary,
        choices,
    )
    # Place 0, the whole caption, stands in where there is no other.
    places = tf.cond(
        tf.size(places) > 0, lambda: places, lambda: tf.zeros([1], tf.int32)
    )
    position = places[random_index(tf.size(places), seed, _SPLIT)]
    rest = _join(words[position:], language)
    return {
        "inputs": prompts.split_caption(
            code, position, _join(words[:position], language)
        ),
        "targets": rest,
        "references": rest[None],
        "language": language,
    }


def caption(example: Example) -> Example:
    """Makes "Generate the alt_text in FR at 0: <extra_id_0>" of a caption."""
    pick = random_index(tf.size(example["caption/text"]), example[SEED], _PICK)
    language = example["caption/language"][pick]
    same_language = example["caption/language"] == language
    return {
        "inputs": prompts.caption(languages.prompt_code(language)),
        "targets": example["caption/text"][pick],
        "references": example["caption/text"][same_language],
        "language": language,
    }


def ocr(example: Example, choices: TaskChoices = TaskChoices()) -> Example:
    """Makes "Generate the ocr_text in EN: <extra_id_0>" of printed words.

    One of the languages on the image is drawn, each as likely; its words are
    joined by spaces in reading order.
    """
    found, _ = tf.unique(example["ocr/language"])
    language = found[random_index(tf.size(found), example[SEED], _PICK)]
    same_language = example["ocr/language"] == language
    words = example["ocr/text"][same_language]
    if choices.ocr_order == "reading":
        order = reading_order(
            *(
                example[f"ocr/bbox/{side}"][same_language]
                for side in ("ymin", "xmin", "ymax")
            )
        )
        words = tf.gather(words, order)
    text = tf.strings.reduce_join(words, separator=" ")
    return {
        "inputs": prompts.ocr(languages.prompt_code(language)),
        "targets": text,
        "references": text[None],
        "language": language,
    }


def answer_question(example: Example) -> Example:
    """Makes "Answer in EN: [question] <extra_id_0>" of a triple."""
    pick = random_index(tf.size(example["vqa/question"]), example[SEED], _PICK)
    answer = example["vqa/answer"][pick]
    return {
        "inputs": prompts.answer(example["vqa/question"][pick]),
        "targets": answer,
        "references": answer[None],
        "language": example["vqa/language"][pick],
    }


def ask_question(example: Example) -> Example:
    """Makes "Generate a question in FR for [answer]: <extra_id_0>".

    Every question of that language with that answer is a reference.
    """
    pick = random_index(tf.size(example["vqa/question"]), example[SEED], _PICK)
    answer = example["vqa/answer"][pick]
    language = example["vqa/language"][pick]
    is_reference = tf.logical_and(
        example["vqa/answer"] == answer, example["vqa/language"] == language
    )
    return {
        "inputs": prompts.question(languages.prompt_code(language), answer),
        "targets": example["vqa/question"][pick],
        "references": example["vqa/question"][is_reference],
        "language": language,
    }


def references(targets: tf.Tensor, stored: tf.Tensor) -> tf.Tensor:
    """Gives the stored answers, or the target alone if it is known."""
    is_alone = (tf.strings.length(targets) > 0) & (tf.size(stored) == 0)
    return tf.cond(is_alone, lambda: targets[None], lambda: stored)


def _words(text: tf.Tensor, language: tf.Tensor) -> tf.Tensor:
    """Splits a text into what `<pos>` counts: words or characters."""
    return tf.cond(
        languages.is_without_spaces(language),
        lambda: tf.strings.unicode_split(text, "UTF-8"),
        lambda: tf.strings.split(text),
    )


def _join(words: tf.Tensor, language: tf.Tensor) -> tf.Tensor:
    """Joins what `_words` has split."""
    return tf.cond(
        languages.is_without_spaces(language),
        lambda: tf.strings.reduce_join(words),
        lambda: tf.strings.reduce_join(words, separator=" "),
    )


def _fitting_places(
    words: tf.Tensor,
    code: tf.Tensor,
    length: int,
    vocabulary: seqio.Vocabulary,
    choices: TaskChoices,
) -> tf.Tensor:
    """Finds where a caption may be cut, as `TaskChoices` allows: int32[K].

    Head, first words, sentinel and EOS take at most `length` tokens.
    """
    num_places = tf.minimum(tf.size(words) - choices.min_rest, length)
    num_places = tf.maximum(num_places, 0)
    places = tf.range(1, num_places + 1)
    # A piece never holds the space between two words, so lengths add up; those
    # of the numbers are the same for every caption.
    numbers = tf.constant(
        [
            len(vocabulary.encode(prompts.split_caption_number(place)))
            for place in range(1, length + 1)
        ]
    )
    head = prompts.split_caption_head(code)
    pieces = vocabulary.encode_tf(
        tf.concat([head[None], words[:num_places]], axis=0)
    )
    lengths = tf.cast(pieces.row_lengths(), tf.int32)
    sentinel_and_eos = 2
    totals = tf.cumsum(lengths)[1:] + numbers[:num_places]
    is_fitting = tf.logical_and(
        totals + sentinel_and_eos <= length, places >= choices.min_beginning
    )
    return places[is_fitting]
