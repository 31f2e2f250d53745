"""Greedy decoding on a static cache, on keras.ops alone.

The same code runs inside `FunctionalModel.call` on JAX and, on TensorFlow, in
the exported SavedModel.
"""

from typing import NamedTuple

from keras import ops

from pali_tf.models.pali.model import Pali
from pali_tf.types import Array

PAD_ID = 0
EOS_ID = 1


class DecodeOutput(NamedTuple):
    """Decoded tokens.

    Attributes:
        tokens: int32[B, T]. Up to and with EOS; 0 after it.
        scores: float32[B]. Sum of the log-probabilities of `tokens`.
    """

    tokens: Array
    scores: Array


def greedy_decode(
    model: Pali,
    images: Array,
    image_mask: Array,
    encoder_input_tokens: Array,
    *,
    max_decode_len: int,
    num_pieces: int,
) -> DecodeOutput:
    """Takes the likeliest token at each position until every row has ended.

    Args:
        model: a built Pali.
        images: uint8[B, H, W, 3].
        image_mask: bool[B].
        encoder_input_tokens: int32[B, S].
        max_decode_len: int. T.
        num_pieces: int. Size of the vocabulary; the padded rows of the table
            beyond it, and the padding token, are never produced.

    Returns:
        DecodeOutput.
    """
    encoded, valid = model.encode(images, image_mask, encoder_input_tokens)
    memory = model.decoder.make_memory(encoded, valid, max_decode_len)
    batch_size = ops.shape(encoder_input_tokens)[0]
    ids = ops.arange(model.config.language.vocab_size)
    allowed = ops.logical_and(ids < num_pieces, ids != PAD_ID)

    def not_done(step, tokens, token, ended, scores, caches):
        del tokens, token, scores, caches
        return ops.logical_and(
            step < max_decode_len, ops.logical_not(ops.all(ended))
        )

    def decode_one(step, tokens, token, ended, scores, caches):
        x = model.token_embedder(token[:, None])
        logits, caches = model.decoder.decode_step(x, caches, step, memory)
        log_probs = ops.log_softmax(logits, axis=-1)
        best = ops.argmax(ops.where(allowed, log_probs, -1e30), axis=-1)
        token = ops.where(ended, PAD_ID, ops.cast(best, "int32"))
        gain = ops.take_along_axis(log_probs, best[:, None], axis=-1)[:, 0]
        scores = scores + ops.where(ended, 0.0, gain)
        tokens = ops.scatter_update(
            tokens, ops.reshape(step, (1, 1)), token[None]
        )
        ended = ops.logical_or(ended, token == EOS_ID)
        return step + 1, tokens, token, ended, scores, caches

    # Time first: each step writes one row.
    state = (
        ops.zeros((), "int32"),
        ops.zeros((max_decode_len, batch_size), "int32"),
        ops.zeros((batch_size,), "int32"),  # T5 decoders start from padding.
        ops.zeros((batch_size,), "bool"),
        ops.zeros((batch_size,), "float32"),
        model.decoder.make_caches(batch_size, max_decode_len),
    )
    _, tokens, _, _, scores, _ = ops.while_loop(not_done, decode_one, state)
    return DecodeOutput(ops.transpose(tokens), scores)
