"""The log-probability of each of many classes, for each image of a batch.

A class is told by the likelihood of its name: with the prompt "Generate
alt_text in EN at 2: Photo of <extra_id_0>" and the names of ImageNet's classes
this is the paper's zero-shot classification.

Source: PaLI section 4.4 and appendix, zero-shot image classification.
"""

from typing import NamedTuple

from jaxtyping import Bool, Float, Float32, Int, Int32, UInt8
from keras import ops

from pali_tf.decoding.cached_decoder import PAD_ID
from pali_tf.decoding.log_probability import log_probability
from pali_tf.errors import UserError
from pali_tf.models.pali.model import Pali
from pali_tf.types import Array


class ClassScores(NamedTuple):
    """Scores of C classes.

    `scores` sums the log-probabilities of a class' tokens, EOS included.
    """

    scores: Float32[Array, "B C"]
    num_tokens: Int32[Array, " C"]


def score_classes(
    model: Pali,
    images: UInt8[Array, "B H W 3"] | None,
    image_mask: Bool[Array, " B"],
    encoder_input_tokens: Int[Array, "B S"],
    candidates: Int[Array, "C T"],
    *,
    chunk_size: int = 16,
    visual_tokens: Float[Array, "B P Dv"] | None = None,
) -> ClassScores:
    """Scores every class for every example; each example is encoded once.

    `candidates` are the names, each with its EOS. So many classes as
    `chunk_size` says are decoded at once; their logits take B * chunk_size * T
    * V * 4 bytes.

    Raises:
        UserError: chunk_size is below 1, or there is no class.
    """
    num_classes, length = candidates.shape
    if chunk_size < 1 or num_classes < 1:
        raise UserError(
            f"chunk_size is {chunk_size} for {num_classes} classes: both must "
            "be at least 1."
        )
    chunk_size = min(chunk_size, num_classes)
    encoded, valid = model.encode(
        images, image_mask, encoder_input_tokens, visual_tokens=visual_tokens
    )
    memory = model.decoder.make_memory(encoded, valid, length)
    num_examples = ops.shape(encoder_input_tokens)[0]

    def score_chunk(
        names: Int32[Array, "chunk T"],
    ) -> Float32[Array, "B chunk"]:
        targets = ops.broadcast_to(
            names[None], (num_examples, chunk_size, length)
        )
        targets = ops.reshape(targets, (-1, length))
        inputs = ops.pad(targets[:, :-1], ((0, 0), (1, 0)))
        logits = model.decoder(model.token_embedder(inputs), memory)
        picked = log_probability(logits, targets)
        total = ops.sum(ops.where(targets != PAD_ID, picked, 0.0), axis=-1)
        return ops.reshape(total, (-1, chunk_size))

    candidates = ops.cast(candidates, "int32")
    num_filled = -num_classes % chunk_size
    chunks = ops.reshape(
        ops.pad(candidates, ((0, num_filled), (0, 0))),
        (-1, chunk_size, length),
    )
    # [chunks, B, chunk] -> [B, C]
    scores = ops.transpose(ops.map(score_chunk, chunks), (1, 0, 2))
    scores = ops.reshape(scores, (-1, num_classes + num_filled))
    return ClassScores(
        scores[:, :num_classes],
        ops.sum(ops.cast(candidates != PAD_ID, "int32"), axis=-1),
    )
