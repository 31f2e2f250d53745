"""Text to ids and back, with the model's SentencePiece file."""

from collections.abc import Sequence

import numpy as np
import sentencepiece

from pali_tf.errors import UserError

_PAD_ID = 0
_EOS_ID = 1


class Tokenizer:
    """SentencePiece with T5's conventions, as in training and in serving.

    `serialized` is the content of the model file. The model's table may have
    more rows than its `num_pieces`.

    Raises:
        UserError: it is no SentencePiece model.
    """

    def __init__(self, serialized: bytes):
        try:
            self._pieces = sentencepiece.SentencePieceProcessor(
                model_proto=serialized
            )
        except RuntimeError as error:
            raise UserError(
                f"The vocabulary is no SentencePiece model: {error}."
            ) from error
        self.serialized = serialized
        self.num_pieces = self._pieces.piece_size()

    def encode(
        self, texts: Sequence[str], *, length: int | None, name: str
    ) -> np.ndarray:
        """Tokenises, ends with EOS, pads.

        Args:
            texts: N of them.
            length: what the model takes, EOS included; None: that of the
                longest text.
            name: of the argument, for the message.

        Raises:
            UserError: "prompts[0] has 61 tokens, the model takes 48." Nothing
                is cut in silence.
        """
        rows = [[*self._pieces.encode(text), _EOS_ID] for text in texts]
        length = max(map(len, rows), default=1) if length is None else length
        for number, row in enumerate(rows):
            if len(row) > length:
                raise UserError(
                    f"{name}[{number}] has {len(row)} tokens, the model takes "
                    f"{length} (the end counted): make it shorter."
                )
        tokens = np.full((len(rows), length), _PAD_ID, np.int32)
        for number, row in enumerate(rows):
            tokens[number, : len(row)] = row
        return tokens

    def decode(self, tokens: np.ndarray) -> str:
        """Gives the text of int32[T] before EOS."""
        ids = tokens.tolist()
        if _EOS_ID in ids:
            ids = ids[: ids.index(_EOS_ID)]
        return self._pieces.decode(
            [i for i in ids if i != _PAD_ID and i < self.num_pieces]
        )
