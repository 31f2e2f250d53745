"""Text of a request and of a response, with the vocabulary inside the graph."""

import tensorflow as tf
import tensorflow_text as tf_text

from serving.graph_checks import checked

_PAD_ID = 0
_EOS_ID = 1


class TextCodec(tf.Module):
    """SentencePiece with T5's conventions.

    The same bytes give the same ids as `seqio.SentencePieceVocabulary`.

    Args:
        sentencepiece_model: content of the model file; it becomes a part of
            the SavedModel.

    Attributes:
        num_pieces: size of the vocabulary; the model's table may be larger.
    """

    def __init__(self, sentencepiece_model: bytes):
        super().__init__()
        self._tokenizer = tf_text.SentencepieceTokenizer(
            model=sentencepiece_model, out_type=tf.int32
        )
        self.num_pieces = int(self._tokenizer.vocab_size())

    def encode(self, texts: tf.Tensor, *, length: int, name: str) -> tf.Tensor:
        """Tokenises, ends with EOS, pads.

        Args:
            texts: string[B].
            length: int. What the model takes, EOS included.
            name: of the input, for the message.

        Raises:
            tf.errors.InvalidArgumentError: in the graph: "prompt[0] has 61
                tokens, the model takes 48." Nothing is cut in silence.
        """
        tokens = self._tokenizer.tokenize(texts)
        ends = tf.fill([tf.shape(texts)[0], 1], _EOS_ID)
        tokens = tf.concat([tokens, ends], axis=1)
        # argmax of no rows is an error of its own, so an empty one is added.
        lengths = tf.concat([tokens.row_lengths(), [0]], 0)
        first_bad = tf.argmax(tf.cast(lengths > length, tf.int32))
        return checked(
            tokens.to_tensor(_PAD_ID, shape=[None, length]),
            lengths <= length,
            f"{name}[",
            first_bad,
            "] has ",
            lengths[first_bad],
            f" tokens, the model takes {length} (the end counted): make it "
            "shorter.",
        )

    def decode(self, tokens: tf.Tensor) -> tf.Tensor:
        """Gives the text string[B] of the tokens int32[B, T] before EOS.

        Ids beyond the vocabulary are left out: one of them would make the op
        fail for the whole batch.
        """
        is_end = tf.cast(tokens == _EOS_ID, tf.int32)
        is_before_end = tf.cumsum(is_end, axis=1) == 0
        is_piece = (tokens != _PAD_ID) & (tokens < self.num_pieces)
        return self._tokenizer.detokenize(
            tf.ragged.boolean_mask(tokens, is_before_end & is_piece)
        )
