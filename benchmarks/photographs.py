"""Made-up photographs, as stored examples and as webdataset's tar shards.

Smooth at large and grainy at small, so that a JPEG file of them has about the
bytes, and costs about the time to decode, of a photograph of the web.
"""

import io
import tarfile
from collections.abc import Iterator

import numpy as np
from etils.epath import Path
from PIL import Image

from pali_tf.data import data_root, vocabulary
from pali_tf.webli import records, write

SPLIT = "train"
_WIDTH, _HEIGHT, _QUALITY = 500, 375, 90
_SHARDS = 4
_CAPTIONS = {
    "en": "a red cat and a blue dog on the grass in front of an old house",
    "fr": "un chat rouge et un chien bleu sur l'herbe devant une maison",
    "de": "eine rote Katze und ein blauer Hund auf dem Rasen vor dem Haus",
    "es": "un gato rojo y un perro azul sobre la hierba delante de la casa",
}


def write_shards(root: Path, num_images: int) -> str:
    """Writes the six sources, a vocabulary and `root/tar/`; says what."""
    images = [encode(index) for index in range(num_images)]
    rows = [make_record(index, file) for index, file in enumerate(images)]
    documents = [
        records.Record(text=" ".join([f"document {i}", *_CAPTIONS.values()]))
        for i in range(num_images)
    ]
    for source in records.SOURCES:
        kept = documents if source == "text" else rows
        write_source(root / source, kept)
    _write_tars(root / "tar", rows)
    texts = [*_CAPTIONS.values()] * 5
    vocabulary.train(texts, root / data_root.VOCABULARY, size=1500)
    mean = sum(map(len, images)) / num_images
    return (
        f"{num_images} JPEG files of {_WIDTH}x{_HEIGHT} pixels, "
        f"{mean / 1e3:.0f} kB on average"
    )


def encode(seed: int) -> bytes:
    """Makes a JPEG file: noise of every scale, the coarser the stronger."""
    rng = np.random.default_rng(seed)
    pixels = np.full((_HEIGHT, _WIDTH, 3), 128.0)
    for octave in range(8):
        cells = 2 ** (octave + 1)
        noise = rng.normal(size=(cells, cells, 3)) * 40 / (octave + 1)
        for channel in range(3):
            layer = Image.fromarray(noise[..., channel].astype(np.float32))
            pixels[..., channel] += np.asarray(
                layer.resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC)
            )
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def make_record(index: int, encoded: bytes) -> records.Record:
    """Makes a record that has what each task reads."""

    def box(row: int) -> records.Box:
        return records.Box(0.1 * row, 0.1, 0.1 * row + 0.08, 0.6)

    return records.Record(
        image=records.Image(
            encoded=encoded,
            format="jpeg",
            height=_HEIGHT,
            width=_WIDTH,
            source_id=f"photograph-{index}",
        ),
        objects=tuple(
            records.LabelledObject(label=label, box=box(row))
            for row, label in enumerate(("cat", "dog", "house", "tree"))
        ),
        negative_labels=("cow", "pig", "car"),
        captions=tuple(
            records.Caption(text=text, language=language, score=1.0)
            for language, text in _CAPTIONS.items()
        ),
        ocr=tuple(
            records.OcrText(text=text, language="en", box=box(row))
            for row, text in enumerate(("OPEN", "daily", "from", "nine"))
        ),
        question_answers=tuple(
            records.QuestionAnswer(
                question=f"what is {text}?", answer="red", language=language
            )
            for language, text in _CAPTIONS.items()
        ),
    )


def write_source(folder: Path, rows: list[records.Record]) -> None:
    """Writes the split of a source."""
    shards = []
    for shard in range(_SHARDS):
        path = folder / write.shard_name(SPLIT, shard, _SHARDS)
        share = rows[shard::_SHARDS]
        with write.open_shard(path) as writer:
            for record in share:
                writer.write(record)
        shards.append(writer.info)
    write.write_split_info(folder, SPLIT, shards)


def _write_tars(folder: Path, rows: list[records.Record]) -> None:
    folder.mkdir()
    for shard in range(_SHARDS):
        with tarfile.open(folder / f"{SPLIT}-{shard}.tar", "w") as tar:
            for record in rows[shard::_SHARDS]:
                for name, content in _files(record):
                    entry = tarfile.TarInfo(name)
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))


def _files(record: records.Record) -> Iterator[tuple[str, bytes]]:
    if record.image is None:
        raise ValueError("A photograph's record has an image.")
    name = record.image.source_id
    yield f"{name}.jpg", record.image.encoded
    yield f"{name}.txt", record.captions[0].text.encode()
