"""Every benchmark in the layout that it is published in, a few entries each."""

import bz2
import json
import pathlib
from typing import Any

from pali_tf.files import as_path
from pali_tf.importing import formats
from pali_tf.importing.options import Options
from tests.support import published_questions
from tests.support.published_questions import rosetta
from tests.support.stored_examples import encode_jpeg

JPEG = encode_jpeg(1, side=8)


def write_all(root: pathlib.Path) -> None:
    """Writes `root/<format>/` for each benchmark of `pali import`."""
    for name, content in FILES.items():
        for path, value in content.items():
            write_file(root / name / path, value)


def write_file(path: pathlib.Path, value: Any) -> None:
    """Writes JSON, JSON lines (of a list), text, or an image (of None)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if value is None:
        path.write_bytes(JPEG)
    elif isinstance(value, str):
        path.write_text(value, encoding="utf-8")
    elif ".jsonl" in path.name:
        lines = "".join(json.dumps(line) + "\n" for line in value).encode()
        path.write_bytes(
            bz2.compress(lines) if path.suffix == ".bz2" else lines
        )
    else:
        path.write_text(json.dumps(value), encoding="utf-8")


def _squad(*questions: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "version": "1.1",
        "data": [
            {
                "title": "Rain",
                "paragraphs": [
                    {
                        "context": "It's wet.",
                        "qas": [
                            {
                                "id": key,
                                "question": question,
                                "answers": [{"text": text, "answer_start": 0}],
                            }
                            for key, question, text in questions
                        ],
                    }
                ],
            }
        ],
    }


_NAMES = "\n".join(
    f"n0000000{i} {name}"
    for i, name in enumerate(
        ["tench, Tinca tinca", "goldfish, Carassius auratus", "hen", "ox"]
        + ["cock", "great white shark, white shark"]
    )
)

FILES: dict[str, dict[str, Any]] = {
    **published_questions.FILES,
    "coco_karpathy": {
        "dataset_coco.json": {
            "dataset": "coco",
            "images": [
                {
                    "filepath": "val2014",
                    "filename": f"COCO_val2014_00000000000{i}.jpg",
                    "cocoid": i,
                    "split": split,
                    "sentences": [
                        {"raw": f"A cat {i}.", "tokens": ["a", "cat"]},
                        {"raw": f"One cat {i}. "},
                    ],
                }
                for i, split in enumerate(["train", "restval", "val", "test"])
            ],
        },
        **{f"val2014/COCO_val2014_00000000000{i}.jpg": None for i in range(4)},
    },
    "nocaps": {
        "nocaps_val_4500_captions.json": {
            "images": [
                {"id": 0, "file_name": "a.jpg", "domain": "in-domain"},
                {"id": 1, "file_name": "b.jpg", "domain": "out-domain"},
            ],
            "annotations": [
                {"image_id": 0, "id": 0, "caption": "A cat."},
                {"image_id": 1, "id": 1, "caption": "An accordion."},
                {"image_id": 1, "id": 2, "caption": "A musician."},
            ],
        },
        "nocaps_test_image_info.json": {
            "images": [{"id": 0, "file_name": "t.jpg", "domain": None}]
        },
        "validation/a.jpg": None,
        "validation/b.jpg": None,
        "test/t.jpg": None,
    },
    "textcaps": {
        "TextCaps_0.1_val.json": {
            "data": [
                {"image_id": "x", "caption_str": "A stop sign."},
                {"image_id": "x", "caption_str": "A red sign."},
            ]
        },
        "TextCaps_0.1_test.json": {"data": [{"image_id": "y"}]},
        "TextVQA_Rosetta_OCR_v0.2_val.json": {
            "data": [
                {
                    "image_id": "x",
                    "ocr_info": rosetta(("ST", 0.1, 0.6), ("STOP", 0.1, 0.1)),
                }
            ]
        },
        "train_images/x.jpg": None,
        "test_images/y.jpg": None,
    },
    "vizwiz_captions": {
        "annotations/val.json": {
            "images": [
                {"id": 3, "file_name": "VizWiz_val_3.jpg"},
                {"id": 4, "file_name": "VizWiz_val_4.jpg"},
            ],
            "annotations": [
                {
                    "image_id": image,
                    "caption": caption,
                    "is_precanned": precanned,
                    "is_rejected": False,
                }
                for image, caption, precanned in (
                    (3, "A can of soup.", False),
                    (3, "Quality issues are too severe.", True),
                    (4, "Quality issues are too severe.", True),
                )
            ],
        },
        "val/VizWiz_val_3.jpg": None,
        "words.jsonl": [
            {
                "image_id": 3,
                "words": [
                    {"text": "soup", "box": [0.5, 0.1, 0.6, 0.4]},
                    {"text": "tomato", "box": [0.1, 0.1, 0.2, 1.4]},
                ],
            }
        ],
    },
    "coco_35l": {
        "coco_mt_dev.jsonl.bz2": [
            {
                "image_id": f"9_{i}",
                "trg_lang": language,
                "caption_tokenized": english,
                "translation_tokenized": text,
            }
            for i, (english, language, text) in enumerate(
                [
                    ("A cat .", "de", "Eine Katze ."),
                    ("A cat .", "th", "แมว"),
                ]
            )
        ],
        "val2014/COCO_val2014_000000000009.jpg": None,
    },
    "xm3600": {
        "captions.jsonl": [
            {
                "image/key": "k1",
                "image/locale": "en",
                "en": {
                    "caption": ["a cat", "the cat"],
                    "caption/tokenized": [],
                },
                "he": {"caption": ["חתול"]},
                "quz": {"caption": ["michi"]},
            }
        ],
        "images/k1.jpg": None,
    },
    "imagenet": {
        "LOC_synset_mapping.txt": _NAMES,
        **{f"val/n0000000{i}/a.JPEG": None for i in range(6)},
    },
    "imagenet_v2": {
        "names.txt": _NAMES,
        "images/1/a.jpeg": None,
        "images/5/b.jpeg": None,
    },
    "objectnet": {
        "mappings/folder_to_objectnet_label.json": {
            "alarm_clock": "Alarm clock",
            "bracelet": "Bracelet",
        },
        "mappings/objectnet_to_imagenet_1k.json": {
            "Alarm clock": "analog clock; digital clock, LED"
        },
        "images/alarm_clock/a.png": None,
        "images/bracelet/b.png": None,
    },
    "xnli": {
        "xnli.test.tsv": "\n".join(
            "\t".join(row)
            for row in (
                ("language", "gold_label", "sentence1", "sentence2", "pairID"),
                ("en", "neutral", 'He "ran".', "He won.", "1"),
                ("fr", "contradiction", "Il court.", "Il dort.", "1"),
                ("fr", "-", "Il court.", "Il va.", "2"),
            )
        )
        + "\n",
    },
    "xquad": {
        "train-v1.1.json": _squad(("q1", "What?", "wet")),
        "xquad.de.json": _squad(("q1", "Was ist's?", "nass.")),
        "xquad.th.json": _squad(("q1", "อะไร", "เปียก")),
    },
    "tydiqa_goldp": {
        "tydiqa-goldp-v1.1-dev.json": _squad(
            ("finnish-12-0", "Mikä?", "märkä"),
            ("korean-3-1", "무엇?", "비"),
        ),
    },
}


def read(root: pathlib.Path, name: str, **settings: Any) -> list[Any]:
    """Reads a benchmark of `write_all` with the reader of that name.

    Args:
        root: as of `write_all`.
        name: of the format.
        **settings: of Options; `input` is the benchmark's folder, and paths
            start from it.
    """
    folder = root / settings.pop("folder", name)
    for key in ("input", "images"):
        if key in settings:
            settings[key] = as_path(folder / settings[key])
    settings["fields"] = {
        key: str(folder / path)
        for key, path in settings.get("fields", {}).items()
    }
    options = Options(**{"input": as_path(folder), **settings})
    found = list(formats.find_format(name).load()(options))
    options.problems.check()
    return found
