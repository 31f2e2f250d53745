"""Where a run's data are: one root for all sources, and a vocabulary."""

import dataclasses
import functools
import os
from collections.abc import Sequence

import seqio
import tensorflow as tf

from pali_tf import files
from pali_tf.data import vocabulary
from pali_tf.errors import MissingFileError, UserError
from pali_tf.webli import read

ENVIRONMENT_VARIABLE = "PALI_DATA_DIR"
# Below a data root.
VOCABULARY = "vocabulary/sentencepiece.model"


@dataclasses.dataclass(frozen=True)
class DataRoot:
    """A data root, looked for when it is used.

    Attributes:
        data_dir: its path, local or gs://, s3://; None: $PALI_DATA_DIR.
        vocabulary_file: a vocabulary outside it, such as mT5's own; None: its
            own.
    """

    data_dir: str | None = None
    vocabulary_file: str | None = None

    @property
    def path(self) -> files.Path:
        """The folder.

        Raises:
            UserError: none is named.
            FileNotFoundError: it is not there.
        """
        name = self.data_dir or os.environ.get(ENVIRONMENT_VARIABLE)
        if not name:
            raise UserError(
                "No data folder is named: give DATA_DIR in gin, --data_dir, or "
                f"the environment variable {ENVIRONMENT_VARIABLE}. To make "
                "one: pali sample-data --output_dir=DIR"
            )
        path = files.as_path(name)
        if not path.is_dir():
            raise MissingFileError(
                f"There is no data folder {path}. To make one: "
                f"pali sample-data --output_dir={path}"
            )
        return path

    @property
    def vocabulary_path(self) -> files.Path:
        """Where the SentencePiece model is; it need not be there yet."""
        if self.vocabulary_file is not None:
            return files.as_path(self.vocabulary_file)
        return self.path / VOCABULARY

    def vocabulary(self) -> seqio.SentencePieceVocabulary:
        """Loads the vocabulary (vocabulary.load)."""
        return vocabulary.load(self.vocabulary_path)

    @property
    def vocabulary_sha256(self) -> str:
        """The digest of the vocabulary."""
        return files.digest(self.vocabulary_path)

    def data_sha256(self, source: str, split: str) -> str | None:
        """Gives the digest of a split; None: there is no such split.

        It is of the info file, which has the digests of all shards.
        """
        path = self.path / source / f"{split}.info.json"
        return files.digest(path) if path.exists() else None

    @functools.cached_property
    def splits(self) -> tuple[tuple[str, str], ...]:
        """The (source, split)s that are there, whole, in order."""
        return tuple(read.list_splits(self.path))


class PaliVocabulary(seqio.Vocabulary):
    """The vocabulary of a data root, read when it is first used.

    Tasks hold one from import on, when no data need be there.
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
