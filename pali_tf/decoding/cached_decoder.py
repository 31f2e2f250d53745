"""One position after another, from an encoding made once."""

import dataclasses
from typing import Any

from jaxtyping import Bool, Float, Float32, Int, Int32, UInt8
from keras import ops

from pali_tf.errors import UserError
from pali_tf.models.pali.model import Pali
from pali_tf.types import Array

PAD_ID = 0
EOS_ID = 1
# In place of a logit that must not be chosen. Finite: it can be added up.
_NEVER = -1e30


@dataclasses.dataclass(frozen=True, kw_only=True)
class CachedDecoder:
    """The decoder of a batch, as the search over its outputs sees it.

    R = B*K rows: K hypotheses of each example in turn. They share the
    example's keys and values.

    Attributes:
        num_examples: B.
        rows_per_example: K.
        length: T, positions to decode.
        num_pieces: size of the vocabulary. The rows of the padded table
            beyond it, and the padding token, are never chosen.
    """

    model: Pali
    memory: Any
    num_examples: Int[Array, ""] | int
    rows_per_example: int
    length: int
    num_pieces: int

    @property
    def num_rows(self) -> Int[Array, ""] | int:
        """R."""
        return self.num_examples * self.rows_per_example

    @property
    def vocab_size(self) -> int:
        """V, rows of the padded table."""
        return self.model.config.language.vocab_size

    def start(self) -> tuple[Int32[Array, " R"], Any]:
        """Gives the tokens before the first, and empty caches."""
        # T5 decoders start from padding.
        tokens = ops.full((self.num_rows,), PAD_ID, dtype="int32")
        return tokens, self.model.decoder.make_caches(
            self.num_rows, self.length
        )

    def step(
        self, tokens: Int32[Array, " R"], caches: Any, position: Int[Array, ""]
    ) -> tuple[Float32[Array, "R V"], Any]:
        """Decodes one position."""
        x = self.model.token_embedder(tokens[:, None])
        return self.model.decoder.decode_step(x, caches, position, self.memory)

    def choosable(self, logits: Float32[Array, "R V"]) -> Float32[Array, "R V"]:
        """Puts what must not be chosen below everything else."""
        ids = ops.arange(self.vocab_size)
        allowed = ops.logical_and(ids < self.num_pieces, ids != PAD_ID)
        return ops.where(allowed, logits, _NEVER)


def encode_once(
    model: Pali,
    images: UInt8[Array, "B H W 3"] | None,
    image_mask: Bool[Array, " B"],
    encoder_input_tokens: Int[Array, "B S"],
    *,
    rows_per_example: int,
    length: int,
    num_pieces: int,
    visual_tokens: Float[Array, "B P Dv"] | None = None,
) -> CachedDecoder:
    """Encodes a batch for a search over its outputs.

    Without `images`, `visual_tokens` stand in. The rest is of CachedDecoder.

    Raises:
        UserError: `length` or `num_pieces` leaves nothing to decode.
    """
    vocab_size = model.config.language.vocab_size
    if not EOS_ID < num_pieces <= vocab_size:
        raise UserError(
            f"num_pieces is {num_pieces}, not in [{EOS_ID + 1}, {vocab_size}], "
            "the rows of the model's table."
        )
    if length < 1:
        raise UserError(f"max_decode_len is {length}, below 1.")
    encoded, valid = model.encode(
        images, image_mask, encoder_input_tokens, visual_tokens=visual_tokens
    )
    return CachedDecoder(
        model=model,
        memory=model.decoder.make_memory(encoded, valid, length),
        num_examples=ops.shape(encoder_input_tokens)[0],
        rows_per_example=rows_per_example,
        length=length,
        num_pieces=num_pieces,
    )
