"""Printed words that go with a data set: its own, or the user's.

The paper's are from a "publicly available automatic service" and are not
published. TextVQA and TextCaps come with Rosetta's, in

    TextVQA_Rosetta_OCR_v0.2_{train,val,test}.json
    {"data": [{"image_id", "ocr_info": [{"word", "bounding_box": {"top_left_x",
    "top_left_y", "width", "height", ...}}]}]}, in fractions of the sides

and any data set takes a file of the user's, `--field=ocr=FILE.jsonl`:

    {"image_id": "7", "words": [{"text": "stop", "box": [ymin, xmin, ymax,
    xmax], "language": "en"}]}, in fractions of the sides; no language: ""

Source: textvqa.org/dataset; PaLI, appendix (OCR strings as inputs).
"""

from collections.abc import Mapping
from typing import Any

from absl import logging

from pali_tf.importing.benchmarks import published
from pali_tf.importing.options import Options
from pali_tf.webli import records

# Printed words of an image, by the image's id.
Words = Mapping[str, tuple[records.OcrText, ...]]

FIELD = "ocr"
_ROSETTA = "TextVQA_Rosetta_OCR_v0.2_{}.json"
# A box that has no area once it is cut to the image gets this side.
_LEAST_SIDE = 1e-3


def read_words(options: Options, rosetta_split: str | None = None) -> Words:
    """Reads the words of all images; without a file there are none.

    Args:
        options: `fields` may name the user's file, which comes first.
        rosetta_split: the split in the name of Rosetta's file; None: the data
            set has no such file.
    """
    if FIELD in options.fields:
        path = published.named_file(options, FIELD)
        return {
            str(entry["image_id"]): tuple(
                _word(word["text"], word["box"], word.get("language", ""))
                for word in entry["words"]
            )
            for entry in published.read_json_lines(path, options)
        }
    path = None
    if rosetta_split is not None and options.input.is_dir():
        path = options.input / _ROSETTA.format(rosetta_split)
    if path is None or not path.is_file():
        logging.warning(
            "No printed words: %s is not given%s. Prompts will have none.",
            f"--field={FIELD}=FILE.jsonl",
            f" and there is no {path}" if path else "",
        )
        return {}
    return {
        str(entry["image_id"]): tuple(map(_rosetta, entry["ocr_info"]))
        for entry in published.read_json(path)["data"]
    }


def _rosetta(found: Any) -> records.OcrText:
    box = found["bounding_box"]
    top, left = box["top_left_y"], box["top_left_x"]
    sides = [top, left, top + box["height"], left + box["width"]]
    return _word(found["word"], sides, "en")


def _word(text: str, sides: list[float], language: str) -> records.OcrText:
    """Makes a word; its box is cut to the image, and never empty."""
    top, left, bottom, right = (min(max(side, 0.0), 1.0) for side in sides)
    top = min(top, 1 - _LEAST_SIDE)
    left = min(left, 1 - _LEAST_SIDE)
    return records.OcrText(
        text=text,
        language=language,
        box=records.Box(
            ymin=top,
            xmin=left,
            ymax=max(bottom, top + _LEAST_SIDE),
            xmax=max(right, left + _LEAST_SIDE),
        ),
    )
