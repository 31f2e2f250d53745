"""A data root of a few hand-written records, with its vocabulary."""

import io
import pathlib

import numpy as np
from PIL import Image

from pali_tf.data import data_root, vocabulary
from pali_tf.webli import records, write

SIDE = 16
LENGTHS = {"inputs": 48, "targets": 32, "images": SIDE}

CAPTIONS = {
    "en": "a red cat and a blue dog",
    "fr": "un chat rouge et un chien bleu",
    "zh": "红猫和蓝狗",
}
QUESTIONS = (
    ("What color is the cat?", "red", "en"),
    ("De quelle couleur est le chat ?", "red", "fr"),
    ("How many animals are there?", "2", "en"),
)


def encode_jpeg(seed: int, side: int = SIDE) -> bytes:
    """Makes a JPEG file; each seed gives its own brightness."""
    pixels = np.full((side, side, 3), 20 + 20 * seed, np.uint8)
    pixels[: side // 2] = 200
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()


def labelled(label: str, *sides: float) -> records.LabelledObject:
    return records.LabelledObject(label=label, box=records.Box(*sides))


def printed(text: str, *sides: float) -> records.OcrText:
    return records.OcrText(text=text, language="en", box=records.Box(*sides))


def make_record(split: str, index: int) -> records.Record:
    """Makes a record with every field; a source's task reads its own."""
    return records.Record(
        image=records.Image(
            encoded=encode_jpeg(index % 10),
            format="jpeg",
            height=SIDE,
            width=SIDE,
            source_id=f"scene-{split}-{index}",
        ),
        objects=(
            labelled("dog", 0.5, 0.1, 0.9, 0.4),
            labelled("cat", 0.0, 0.2, 0.4, 0.6),
        ),
        negative_labels=("cow", "pig"),
        captions=tuple(
            records.Caption(text=text, language=code, score=1.0)
            for code, text in CAPTIONS.items()
        ),
        # Every third image has no printed words.
        ocr=()
        if index % 3 == 2
        else (
            printed("world", 0.1, 0.5, 0.2, 0.7),
            printed("hello", 0.12, 0.1, 0.22, 0.3),
            printed(f"n{index}", 0.6, 0, 0.7, 0.2),
        ),
        question_answers=tuple(
            records.QuestionAnswer(question=q, answer=a, language=code)
            for q, a, code in QUESTIONS
        ),
    )


def write_data(root: pathlib.Path, *, num_records: int = 12) -> None:
    """Writes the six sources in two shards a split, and a vocabulary."""
    for split in records.SPLITS:
        everything = [make_record(split, i) for i in range(num_records)]
        documents = [
            records.Record(text=" ".join([f"document {i}", *CAPTIONS.values()]))
            for i in range(num_records)
        ]
        for source in records.SOURCES:
            rows = documents if source == "text" else everything
            _write_split(root / source, split, rows)
    vocabulary.train(_texts(), root / data_root.VOCABULARY, size=1500)


def _write_split(
    folder: pathlib.Path, split: str, rows: list[records.Record]
) -> None:
    shards = []
    for shard in range(2):
        path = folder / write.shard_name(split, shard, 2)
        share = rows[shard::2]
        with write.open_shard(path) as writer:
            for record in share:
                writer.write(record)
        shards.append(writer.info)
    write.write_split_info(folder, split, shards)


def _texts() -> list[str]:
    return [
        *CAPTIONS.values(),
        *(question for question, _, _ in QUESTIONS),
        "Generate the alt_text in EN at 0: Generate a question in FR for red:",
        "Generate the ocr_text in EN: Answer in EN: List the objects present:",
        "Is cat in the image? Which of dog, cow are in the image? Yes No",
        "detect cat and dog and cow and pig hello world document",
    ] * 5
