"""A data root's vocabulary in SeqIO's form."""

from collections.abc import Sequence

import seqio
import tensorflow as tf

from pali_tf.data import vocabulary
from pali_tf.data.data_root import DataRoot


class PaliVocabulary(seqio.Vocabulary):
    """The vocabulary of a data root, read when it is first used.

    Tasks hold one from import on, when no data need be there.

    Args:
        root: whose.
    """

    def __init__(self, root: DataRoot) -> None:
        super().__init__()
        self._root = root

    def loaded(self) -> seqio.SentencePieceVocabulary:
        """Loads it."""
        return self._root.vocabulary()

    @property
    def sha256(self) -> str:
        """The digest of its file."""
        return self._root.vocabulary_sha256

    @property
    def bos_id(self) -> int | None:
        """None: T5 begins decoding with pad."""
        return None

    @property
    def eos_id(self) -> int:
        """The end of a sequence."""
        return vocabulary.EOS_ID

    @property
    def unk_id(self) -> int:
        """What the vocabulary has no piece for."""
        return vocabulary.UNKNOWN_ID

    @property
    def _base_vocab_size(self) -> int:
        return self.loaded().vocab_size

    def _encode(self, s: str) -> Sequence[int]:
        return self.loaded().encode(s)

    def _decode(self, ids: Sequence[int]) -> str:
        return self.loaded().decode(ids)

    def _encode_tf(self, s: tf.Tensor) -> tf.Tensor:
        return self.loaded().encode_tf(s)

    def _decode_tf(self, ids: tf.Tensor) -> tf.Tensor:
        return self.loaded().decode_tf(ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PaliVocabulary) and other._root == self._root

    def __hash__(self) -> int:
        return hash(self._root)

    def __str__(self) -> str:
        return f"PaliVocabulary({self._root})"


def vocabulary_sha256(task: seqio.Task) -> str | None:
    """Gives the digest of a task's vocabulary; None: it is no data root's."""
    words = task.output_features["inputs"].vocabulary
    return words.sha256 if isinstance(words, PaliVocabulary) else None
