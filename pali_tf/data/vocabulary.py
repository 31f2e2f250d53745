"""The SentencePiece vocabulary: trained small for a sample, or mT5's own.

Ids as in mT5: 0 pad, 1 end of sequence, 2 unknown; the last 100 pieces are the
sentinels, counting down, so that `<extra_id_0>` is the very last piece. A
sentinel's piece is `▁<extra_id_0>`, a word start included: text must have a
space (or nothing) before it.

Source: google-research/t5 t5/data/preprocessors.py (sentinel_id);
    google/seqio seqio/vocabularies.py:_load_model_internal @ b898b9f.
"""

import atexit
import contextlib
import functools
import io
import itertools
import os
from collections.abc import Iterable

import sentencepiece
import seqio
from sentencepiece import sentencepiece_model_pb2

from pali_tf import files
from pali_tf.errors import MissingFileError, UserError

NUM_SENTINELS = 100
PAD_ID, EOS_ID, UNKNOWN_ID = 0, 1, 2

# SentencePiece reads from a disk, also what was copied before it.
_COPIES = contextlib.ExitStack()
atexit.register(_COPIES.close)

# With its sentinels; rounded up to a multiple of 128 it is 2,048 rows.
DEFAULT_SIZE = 2000
# Enough for a small vocabulary; more only makes training slower.
DEFAULT_MAX_TEXTS = 50_000

# The coordinates of detection targets; so often, that any takes two pieces at
# most.
_COORDINATES = tuple(str(number) for number in range(1000)) * 10


def sentinel(index: int) -> str:
    """Returns the text of sentinel `index`: "<extra_id_0>" for 0."""
    return f"<extra_id_{index}>"


def train(
    texts: Iterable[str],
    path: str | os.PathLike[str],
    *,
    size: int = DEFAULT_SIZE,
    max_texts: int = DEFAULT_MAX_TEXTS,
) -> int:
    """Trains a vocabulary and writes it; gives its pieces, sentinels counted.

    mT5's settings (NFKC, byte fallback, every character kept), but byte-pair
    merges: the unigram trainer seeds its pieces from distinct words, so on a
    small sample it cuts up its most frequent words. The same texts give the
    same bytes. The numbers of detection targets are added to the texts.

    Args:
        texts: what to learn from, in any order; sentinels in it are ignored.
        path: where the model file goes.
        size: at most so many pieces, sentinels counted.
        max_texts: how many of `texts` are read.

    Raises:
        UserError: there is no text to learn from.
    """
    sentences = [
        line
        for text in itertools.islice(texts, max_texts)
        for line in _without_sentinels(text).splitlines()
        if line.strip()
    ]
    if not sentences:
        raise UserError(f"There is no text to train the vocabulary {path} on.")
    serialized = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*sentences, *_COORDINATES]),
        model_writer=serialized,
        model_type="bpe",
        vocab_size=size - NUM_SENTINELS,
        hard_vocab_limit=False,
        character_coverage=1.0,
        byte_fallback=True,
        pad_id=PAD_ID,
        eos_id=EOS_ID,
        unk_id=UNKNOWN_ID,
        bos_id=-1,
        # Several threads may sum in another order.
        num_threads=1,
        minloglevel=2,
    )
    model = sentencepiece_model_pb2.ModelProto.FromString(serialized.getvalue())
    _add_sentinels(model)
    files.write_whole(
        files.as_path(path), model.SerializeToString(deterministic=True)
    )
    return len(model.pieces)


def load(path: str | os.PathLike[str]) -> seqio.SentencePieceVocabulary:
    """Loads a vocabulary and checks that its sentinels are where mT5's are.

    Raises:
        MissingFileError: there is no such file; the message says how to get
            one.
        UserError: it is no SentencePiece model, or has no sentinels.
    """
    found = files.as_path(path)
    if not found.is_file():
        raise MissingFileError(
            f"There is no vocabulary {path}. `pali sample-data` makes one for "
            "its sample; for other data train one with `python -m "
            "seqio_tasks.vocabulary_texts --data_dir=DIR`, or name mT5's "
            "sentencepiece.model."
        )
    return _load(str(found), found.stat().mtime)


@functools.cache
def _load(name: str, modified: float) -> seqio.SentencePieceVocabulary:
    """Loads once for each version of the file."""
    del modified
    path = str(_COPIES.enter_context(files.local_copy(files.Path(name))))
    try:
        model = sentencepiece.SentencePieceProcessor(model_file=path)
    except (OSError, RuntimeError) as error:
        raise UserError(
            f"{name} is not a SentencePiece model: {error}"
        ) from error
    expected = [f"▁{sentinel(i)}" for i in reversed(range(NUM_SENTINELS))]
    first = model.piece_size() - NUM_SENTINELS
    found = [model.id_to_piece(i) for i in range(max(first, 0), first + 100)]
    if found != expected:
        raise UserError(
            f"The last {NUM_SENTINELS} pieces of {name} are not the sentinels "
            f"{expected[0]} ... {expected[-1]}; its last piece is "
            f"{found[-1]!r}. Use mT5's sentencepiece.model (the one with 100 "
            "extra ids) or train one with pali_tf.data.vocabulary.train."
        )
    return seqio.SentencePieceVocabulary(path)


def _without_sentinels(text: str) -> str:
    return " ".join(
        word for word in text.split(" ") if not word.startswith("<extra_id_")
    )


def _add_sentinels(model: sentencepiece_model_pb2.ModelProto) -> None:
    # Appended after training: as user_defined_symbols they would come first.
    for index in reversed(range(NUM_SENTINELS)):
        model.pieces.add(
            piece=f"▁{sentinel(index)}",
            score=0.0,
            type=sentencepiece_model_pb2.ModelProto.SentencePiece.USER_DEFINED,
        )
