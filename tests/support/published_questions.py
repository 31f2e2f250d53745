"""The benchmarks of questions, in the layouts that they are published in.

{format: {path: content}}; `published_benchmarks` writes them.
"""

from typing import Any


def _ten(common: str, other: str) -> list[str]:
    return [other] * 3 + [common] * 7


def _answers(common: str, other: str) -> list[dict[str, Any]]:
    return [
        {"answer": text, "answer_confidence": "yes", "answer_id": i + 1}
        for i, text in enumerate(_ten(common, other))
    ]


def rosetta(*words: tuple[str, float, float]) -> list[dict[str, Any]]:
    """Makes TextVQA's printed words of (word, top, left)."""
    return [
        {
            "word": word,
            "bounding_box": {
                "top_left_x": x,
                "top_left_y": y,
                "width": 0.2,
                "height": 0.1,
                "rotation": 0.0,
                "yaw": 0.0,
            },
        }
        for word, y, x in words
    ]


def _questions(year: str, image_id: int) -> dict[str, Any]:
    """VQAv2's and OK-VQA's two files about one image of a COCO split."""
    rows = [
        {
            "image_id": image_id,
            "question_id": image_id * 1000 + i,
            "question": q,
        }
        for i, q in enumerate(["What is it?", "How many cats?"])
    ]
    return {
        f"OpenEnded_mscoco_{year}_questions.json": {"questions": rows},
        f"mscoco_{year}_annotations.json": {
            "annotations": [
                {
                    "question_id": row["question_id"],
                    "image_id": image_id,
                    "multiple_choice_answer": answer,
                    "answers": _answers(answer, other),
                }
                for row, (answer, other) in zip(
                    rows, [("cat", "dog"), ("2", "two")], strict=True
                )
            ]
        },
    }


def _with_prefix(prefix: str, files: dict[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in files.items()}


_VQAV2 = {
    **_with_prefix("v2_", _questions("train2014", 7)),
    **_with_prefix("v2_", _questions("val2014", 9)),
    "v2_OpenEnded_mscoco_test2015_questions.json": {
        "questions": [
            {"image_id": 5, "question_id": 5000, "question": "Where?"}
        ]
    },
    "train2014/COCO_train2014_000000000007.jpg": None,
    "val2014/COCO_val2014_000000000009.jpg": None,
    "test2015/COCO_test2015_000000000005.jpg": None,
}

FILES: dict[str, dict[str, Any]] = {
    "vqav2": _VQAV2,
    "vqav2_13l": {
        **_VQAV2,
        "dataset_coco.json": {
            "images": [
                {"cocoid": 7, "split": "train"},
                {"cocoid": 9, "split": "restval"},
            ]
        },
        "translations.jsonl": [
            {"question_id": 7000, "language": "fr", "question": "C'est quoi ?"}
        ],
        "native.jsonl": [
            {
                "question_id": 9000,
                "language": "fr",
                "question": "C'est quoi ?",
                "answer": "un chat",
            }
        ],
    },
    "okvqa": {
        **_questions("val2014", 9),
        "val2014/COCO_val2014_000000000009.jpg": None,
    },
    "textvqa": {
        "TextVQA_0.5.1_val.json": {
            "data": [
                {
                    "question_id": 34602,
                    "image_id": "x",
                    "question": "what does it say?",
                    "answers": _ten("stop", "st"),
                }
            ]
        },
        "TextVQA_0.5.1_test.json": {
            "data": [
                {"question_id": 1, "image_id": "y", "question": "what brand?"}
            ]
        },
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
    "vizwiz_vqa": {
        "Annotations/val.json": [
            {
                "image": "VizWiz_val_00000000.jpg",
                "question": "Can you tell me what this is? ",
                "answers": _answers("soup", ""),
                "answer_type": "other",
                "answerable": 1,
            }
        ],
        "val/VizWiz_val_00000000.jpg": None,
    },
    "stvqa": {
        "train_task_3.json": {
            "dataset_name": "st-vqa",
            "data": [
                {
                    "question_id": 0,
                    "file_path": "coco-text/a.jpg",
                    "question": "What is the number?",
                    "answers": ["72", "seventy two"],
                }
            ],
        },
        "test_task_3.json": {
            "data": [
                {
                    "question_id": 4,
                    "file_path": "IIIT/b.jpg",
                    "question": "Which shop?",
                }
            ]
        },
        "train_images/coco-text/a.jpg": None,
        "test_task3_images/IIIT/b.jpg": None,
    },
    "tallyqa": {
        "test.json": [
            {
                "image": "VG_100K/1.jpg",
                "image_id": 1,
                "question_id": i,
                "question": question,
                "answer": i,
                "data_source": "amt",
                "issimple": i == 1,
            }
            for i, question in ((1, "How many cats?"), (2, "How many sleep?"))
        ],
        "VG_100K/1.jpg": None,
    },
    "xgqa": {
        **{
            f"testdev_balanced_questions_{code}.json": {
                "201": {"imageId": "n1", "question": question, "answer": "yes"}
            }
            for code, question in (("de", "Ist es rot?"), ("en", "Is it red?"))
        },
        "images/n1.jpg": None,
    },
    "maxm": {
        "maxm_v1_fr.json": {
            "dataset": "maxm",
            "version": "v1",
            "split": "fr",
            "annotations": [
                {
                    "image_id": "k1",
                    "image_url": "",
                    "qa_pairs": [
                        {
                            "question_id": "fr-1",
                            "question": "Quelle couleur ?",
                            "answers": ["Rouge"],
                            "processed_answers": ["rouge", "le rouge"],
                            "is_collection": False,
                        }
                    ],
                }
            ],
        },
        "images/k1.jpg": None,
    },
}
