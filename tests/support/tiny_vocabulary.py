"""A SentencePiece model small enough for tiny_pali's table."""

import io

import sentencepiece


def make(vocab_size: int = 60) -> bytes:
    """Trains on a few sentences; ids of pad, EOS and unknown as in mT5."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(
            ["a red square", "two blue circles", "what is in the image"] * 4
        ),
        model_writer=written,
        vocab_size=vocab_size,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    return written.getvalue()
