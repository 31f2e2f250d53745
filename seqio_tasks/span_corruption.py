"""T5's span corruption: hide spans of a text behind sentinels.

Source: google-research/text-to-text-transfer-transformer
    t5/data/preprocessors.py (span_corruption, reduce_concat_tokens,
    split_tokens, random_spans_noise_mask, random_spans_helper).
"""

from collections.abc import Mapping

import seqio
import tensorflow as tf

from pali_tf.data.randomness import SEED, random_index, random_order
from pali_tf.data.stored_examples import Joining
from pali_tf.data.task_choices import TaskChoices
from seqio_tasks.features import Example

# Texts that are joined with each other. Source: T5, reduce_concat_tokens.
_JOINED_TEXTS = 128

# The choices of one example, told apart by their salt.
_WINDOW, _NOISE, _KEPT = 1, 2, 3


def joining(choices: TaskChoices) -> Joining | None:
    """Gives how texts are joined and cut into pieces that fill an example.

    Nothing is lost and nothing comes twice in an epoch. By number, texts are
    joined in the order that they are stored in; where they are streamed, each
    128 of them. Without `TaskChoices.join_documents`, texts stay as they are.
    """
    if not choices.join_documents:
        return None

    def length(lengths: Mapping[str, int]) -> int:
        return max_raw_tokens(lengths["inputs"], lengths["targets"], choices)

    def join(
        dataset: tf.data.Dataset,
        sequence_length: Mapping[str, int],
        output_features: Mapping[str, seqio.Feature],
    ) -> tf.data.Dataset:
        vocabulary = output_features["inputs"].vocabulary
        longest = length(sequence_length)
        tokens = dataset.map(
            lambda example: vocabulary.encode_tf(example["text"]),
            num_parallel_calls=tf.data.AUTOTUNE,
        ).filter(lambda tokens: tf.size(tokens) > 0)
        pieces = tokens.ragged_batch(_JOINED_TEXTS).flat_map(
            lambda texts: tf.data.Dataset.from_tensor_slices(
                texts.values
            ).batch(longest)
        )
        return pieces.map(lambda piece: {"text": piece})

    return Joining(length, tf.autograph.experimental.do_not_convert(join))


def corrupt_spans(
    example: Example,
    sequence_length: Mapping[str, int],
    output_features: Mapping[str, seqio.Feature],
    choices: TaskChoices = TaskChoices(),
) -> Example:
    """Makes inputs with holes and targets that fill them, as tokens.

    Example: "thank you for inviting me to your party" may give inputs "thank
    you <extra_id_0> me to your party" and targets "<extra_id_0> for inviting".

    Args:
        example: `text`, string[] or int32[N] tokens; one that is too long
            gives a window at a random place.
        sequence_length: "inputs" and "targets", which the result fits.
        output_features: "inputs" has the vocabulary.
        choices: how much is hidden.
    """
    vocabulary = output_features["inputs"].vocabulary
    seed = example[SEED]
    longest = max_raw_tokens(
        sequence_length["inputs"], sequence_length["targets"], choices
    )
    tokens = example["text"]
    if tokens.dtype == tf.string:
        tokens = vocabulary.encode_tf(tokens)
    surplus = tf.maximum(tf.size(tokens) - longest, 0)
    start = random_index(surplus + 1, seed, _WINDOW)
    tokens = tokens[start : start + longest]
    is_noise = noise_mask(tf.size(tokens), seed, choices)
    targets = _hide(tokens, tf.logical_not(is_noise), vocabulary.vocab_size)
    return {
        "inputs": _hide(tokens, is_noise, vocabulary.vocab_size),
        "targets": targets,
        "references": vocabulary.decode_tf(targets)[None],
        "language": tf.constant(""),
    }


def max_raw_tokens(
    inputs_length: int,
    targets_length: int,
    choices: TaskChoices = TaskChoices(),
) -> int:
    """Returns how many tokens, once corrupted, fit both lengths.

    Each span costs a sentinel on both sides, and each side ends with the end
    of sequence. Example: 512 and 114 give 568, as in mT5.
    """
    count = 2
    while True:
        noise, spans = _num_noise(count + 1, choices)
        inputs = count + 1 - noise + spans + 1
        targets = noise + spans + 1
        if inputs > inputs_length or targets > targets_length:
            return count
        count += 1


def noise_mask(
    length: tf.Tensor,
    seed: tf.Tensor,
    choices: TaskChoices = TaskChoices(),
) -> tf.Tensor:
    """Draws which tokens to hide: bool[length].

    Kept and hidden spans take turns, a kept one first; each kind is cut into
    spans at random places. A single token is not hidden.
    """

    def spans() -> tf.Tensor:
        count = tf.cast(length, tf.float32)
        num_noise = tf.cast(tf.round(count * choices.noise_density), tf.int32)
        num_noise = tf.clip_by_value(num_noise, 1, length - 1)
        num_spans = tf.cast(
            tf.round(tf.cast(num_noise, tf.float32) / choices.mean_span_length),
            tf.int32,
        )
        num_spans = tf.clip_by_value(num_spans, 1, length - num_noise)
        noise = _cut(num_noise, num_spans, seed, _NOISE)
        kept = _cut(length - num_noise, num_spans, seed, _KEPT)
        turns = tf.reshape(tf.stack([kept, noise], axis=1), [-1])
        span = tf.repeat(tf.range(2 * num_spans), turns)
        return span % 2 == 1

    return tf.cond(
        length < 2, lambda: tf.zeros(tf.stack([length]), tf.bool), spans
    )


def _num_noise(count: int, choices: TaskChoices) -> tuple[int, int]:
    """Returns the numbers of hidden tokens and spans among `count`."""
    noise = min(max(round(count * choices.noise_density), 1), count - 1)
    return noise, max(round(noise / choices.mean_span_length), 1)


def _cut(
    total: tf.Tensor, parts: tf.Tensor, seed: tf.Tensor, salt: int
) -> tf.Tensor:
    """Cuts `total` into `parts` lengths >= 1, at random: int32[parts]."""
    places = random_order(total - 1, seed, salt)[: parts - 1]
    bounds = tf.concat([[0], tf.sort(places) + 1, [total]], axis=0)
    return bounds[1:] - bounds[:-1]


def _hide(
    tokens: tf.Tensor, is_hidden: tf.Tensor, vocab_size: int
) -> tf.Tensor:
    """Puts a sentinel, the last pieces counting down, for each hidden span."""
    is_first = tf.logical_and(
        is_hidden, tf.logical_not(tf.pad(is_hidden[:-1], [[1, 0]]))
    )
    sentinels = vocab_size - tf.cumsum(tf.cast(is_first, tf.int32))
    return tf.where(is_first, sentinels, tokens)[
        tf.logical_or(is_first, tf.logical_not(is_hidden))
    ]
