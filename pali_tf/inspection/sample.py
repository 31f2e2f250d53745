"""The first examples of a training run, as the model sees them."""

import dataclasses
import hashlib
import io
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import seqio
from PIL import Image

from pali_tf.data import input_pipeline
from pali_tf.data.boxes import LabelledBox, parse_boxes
from pali_tf.data.data_root import PaliVocabulary
from pali_tf.data.run_data import RunData
from pali_tf.reporting import task_titles

# Smaller pictures are kept exactly: they cost little, and JPEG's blocks of 8
# pixels would be all that one sees of them.
_LARGEST_EXACT_SIDE = 96
_JPEG_QUALITY = 80
# Between the largest and the smallest number of a channel: what JPEG makes of
# one colour stays below.
_ONE_COLOUR_RANGE = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text:
    """A prompt or a target.

    Attributes:
        text: what the tokens say.
        tokens: ids of the vocabulary and their pieces of text, cut to the
            length as the model gets them.
        is_cut: whether it was over its length.
        has_unknown: whether a token is the vocabulary's unknown piece.
    """

    text: str = ""
    tokens: tuple[tuple[int, str], ...] = ()
    is_cut: bool = False
    has_unknown: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Picture:
    """The pixels of an example.

    Attributes:
        encoded: as PNG, or as JPEG where they are many.
        digest: of the pixels; equal for equal ones.
        is_one_colour: whether there is nothing to see.
    """

    encoded: bytes
    digest: str
    is_one_colour: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawn:
    """An example.

    Attributes:
        task: name of its task.
        example_id: of its image; "" if it has none.
        language: code of the target's language; "" if it has none.
        form: of an object-aware question; "" for others.
        prompt: of `inputs`.
        target: of `targets`.
        picture: None: text alone.
        boxes: those that the target of a detection task says.
    """

    task: str
    example_id: str
    language: str
    form: str
    prompt: Text
    target: Text
    picture: Picture | None
    boxes: tuple[LabelledBox, ...] = ()


def draw(
    data: RunData, reading: input_pipeline.Reading, num_examples: int
) -> Iterator[Drawn]:
    """Yields the examples that training with this seed begins with."""
    tasks = {task.name: task for task in data.tasks}
    examples = input_pipeline.train_examples(data, reading)
    for name, example in itertools.islice(examples, num_examples):
        yield describe(tasks[name], example, reading.feature_lengths)


def describe(
    task: seqio.Task, example: Mapping[str, Any], lengths: Mapping[str, int]
) -> Drawn:
    """Makes an example's description from its features as numpy."""
    target = _text(task, example, lengths, "targets")
    return Drawn(
        task=task.name,
        example_id=_string(example.get("example_id", b"")),
        language=_string(example.get("language", b"")),
        form=_string(example.get("form", b"")),
        prompt=_text(task, example, lengths, "inputs"),
        target=target,
        picture=_picture(example),
        boxes=tuple(parse_boxes(target.text)) if "boxes" in example else (),
    )


def _text(
    task: seqio.Task,
    example: Mapping[str, Any],
    lengths: Mapping[str, int],
    name: str,
) -> Text:
    if name not in example or name not in task.output_features:
        return Text()
    feature = task.output_features[name]
    vocabulary = feature.vocabulary
    whole = [int(token) for token in np.ravel(example[name])]
    length = lengths.get(name, len(whole))
    ids = whole[:length]
    piece_of = _pieces(vocabulary)
    # A task of ours cuts by itself, and tells so of prompts alone: of targets
    # the missing end tells.
    lacks_end = feature.add_eos and vocabulary.eos_id not in ids[-1:]
    is_cut = len(whole) > length or (lacks_end and len(whole) == length)
    is_told = name == "inputs" and bool(example.get("is_truncated", False))
    return Text(
        text=str(vocabulary.decode(ids)),
        tokens=tuple((i, piece_of(i)) for i in ids),
        is_cut=is_cut or is_told,
        has_unknown=vocabulary.unk_id in ids,
    )


def _pieces(vocabulary: seqio.Vocabulary) -> Callable[[int], str]:
    if isinstance(vocabulary, PaliVocabulary):
        vocabulary = vocabulary.loaded()
    if isinstance(vocabulary, seqio.SentencePieceVocabulary):
        return vocabulary.tokenizer.id_to_piece
    return lambda token: str(vocabulary.decode([token]))


def _picture(example: Mapping[str, Any]) -> Picture | None:
    pixels = example.get("images")
    if pixels is None or not example.get("image_mask", True):
        return None
    spread = np.ptp(pixels.reshape(-1, pixels.shape[-1]).astype(int), axis=0)
    return Picture(
        encoded=_encode(pixels),
        digest=hashlib.sha256(pixels.tobytes()).hexdigest(),
        is_one_colour=bool(spread.max() <= _ONE_COLOUR_RANGE),
    )


def _encode(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(pixels)
    if max(image.size) <= _LARGEST_EXACT_SIDE:
        image.save(file, "PNG")
    else:
        image.save(file, "JPEG", quality=_JPEG_QUALITY)
    return file.getvalue()


def _string(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def shares(data: RunData) -> dict[str, float]:
    """Gives the share of each task that a mixture asks for.

    The tasks of pre-training come in the paper's order, others after them.
    """
    total = sum(data.rates.values())
    names = task_titles.in_order(list(data.rates))
    return {name: data.rates[name] / total for name in names}
