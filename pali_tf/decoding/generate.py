"""From images and prompts to answers: the one door to decoding.

The same code runs inside `FunctionalModel.call` on JAX and, on TensorFlow, in
the exported SavedModel.
"""

from typing import NamedTuple

from jaxtyping import Bool, Float, Float32, Int, Int32, UInt8
from keras import ops

from pali_tf.decoding.beam_search import (
    Hypotheses,
    beam_search,
    brevity_penalty,
)
from pali_tf.decoding.cached_decoder import PAD_ID, CachedDecoder, encode_once
from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.independent_rows import Choose, decode_rows, likeliest
from pali_tf.decoding.random_draws import example_keys, fold_in
from pali_tf.decoding.sampling import make_sampler
from pali_tf.models.pali.model import Pali
from pali_tf.types import Array


class DecodeOutput(NamedTuple):
    """N answers to each example, best first.

    Attributes:
        tokens: up to and with EOS; 0 after it.
        scores: sum of the log-probabilities of `tokens` under the model,
            whatever the temperature; -1e7 where beam search found no N-th
            answer.
        normalized_scores: `scores` over the brevity penalty, by which beams
            are ranked; samples are ranked by `scores`.
        num_steps: positions decoded until all was done, <= T.
    """

    tokens: Int32[Array, "B N T"]
    scores: Float32[Array, "B N"]
    normalized_scores: Float32[Array, "B N"]
    num_steps: Int32[Array, ""]


def decode(
    model: Pali,
    images: UInt8[Array, "B H W 3"] | None,
    image_mask: Bool[Array, " B"],
    encoder_input_tokens: Int[Array, "B S"],
    *,
    config: DecodingConfig,
    max_decode_len: int,
    num_pieces: int,
    seed: Int[Array, ""] | None = None,
    visual_tokens: Float[Array, "B P Dv"] | None = None,
) -> DecodeOutput:
    """Answers each example of a batch, by the method of `config`.

    Without `images`, `visual_tokens` stand in; without `seed`, that of
    `config`. The rows of the padded table beyond `num_pieces` are never
    produced.
    """
    is_sampling = config.method == "sampling"
    decoder = encode_once(
        model,
        images,
        image_mask,
        encoder_input_tokens,
        rows_per_example=(
            config.num_return if is_sampling else config.num_beams
        ),
        length=max_decode_len,
        num_pieces=num_pieces,
        visual_tokens=visual_tokens,
    )
    if config.method == "beam search":
        found = beam_search(
            decoder, alpha=config.alpha, num_return=config.num_return
        )
    elif is_sampling:
        keys = example_keys(
            config.seed if seed is None else seed,
            images if visual_tokens is None else visual_tokens,
            image_mask,
            encoder_input_tokens,
        )
        # A key for each of an example's samples.
        keys = fold_in(keys[:, None], ops.arange(config.num_return)[None])
        sampler = make_sampler(ops.reshape(keys, (-1,)), config)
        found = _each_row(decoder, sampler)
    else:
        found = _each_row(decoder, likeliest)
    lengths = ops.sum(ops.cast(found.tokens != PAD_ID, "int32"), axis=-1)
    return DecodeOutput(
        tokens=found.tokens,
        scores=found.scores,
        normalized_scores=found.scores / brevity_penalty(config.alpha, lengths),
        num_steps=found.num_steps,
    )


def _each_row(decoder: CachedDecoder, choose: Choose) -> Hypotheses:
    """Decodes rows on their own; an example's likeliest comes first."""
    rows = decode_rows(decoder, choose)
    number = decoder.rows_per_example
    scores, order = ops.top_k(ops.reshape(rows.scores, (-1, number)), number)
    tokens = ops.reshape(rows.tokens, (-1, number, decoder.length))
    return Hypotheses(
        tokens=ops.take_along_axis(tokens, order[..., None], axis=1),
        scores=scores,
        num_steps=rows.num_steps,
    )
