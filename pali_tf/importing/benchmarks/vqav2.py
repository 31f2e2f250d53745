"""VQAv2: questions about COCO's images.

v2_OpenEnded_mscoco_<split>_questions.json  {"questions": [{"question_id",
                                            "image_id", "question"}]}
v2_mscoco_<split>_annotations.json          {"annotations": [{"question_id",
                                            "answers": [{"answer"}]}]}
train2014/, val2014/, test2015/             the images

<split> is train2014, val2014 or test2015; test2015 has no annotations.

Source: visualqa.org/download.html.
"""

from collections.abc import Iterator, Mapping

from etils.epath import Path

from pali_tf.importing.benchmarks import published, question_rows
from pali_tf.importing.benchmarks.pictures import coco_file_name
from pali_tf.importing.options import Options
from pali_tf.webli import records

_SPLITS = {"train": "train2014", "validation": "val2014", "test": "test2015"}


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its questions, ten answers each."""
    coco_split = published.for_split(options, **_SPLITS)
    questions = read_questions(options, coco_split, "v2_")
    return question_rows.make_records(options, "vqav2", questions, {})


def read_questions(
    options: Options, coco_split: str, prefix: str
) -> Iterator[question_rows.Asked]:
    """Yields the questions about a split of COCO.

    Args:
        options: where to look.
        coco_split: "train2014".
        prefix: of the names of the files.
    """
    path = published.find_file(
        options, f"{prefix}OpenEnded_mscoco_{coco_split}_questions.json"
    )
    answers: Mapping[int, list[str]] = {}
    # Answers to the test split are kept on the benchmark's server.
    if not coco_split.startswith("test"):
        answers = _read_answers(
            published.find_file(
                options, f"{prefix}mscoco_{coco_split}_annotations.json"
            )
        )
    for entry in published.read_json(path)["questions"]:
        yield question_rows.Asked(
            image_id=str(entry["image_id"]),
            image_name=coco_file_name(entry["image_id"], coco_split),
            folders=(coco_split,),
            question=entry["question"],
            question_id=str(entry["question_id"]),
            answers=answers.get(entry["question_id"], ()),
        )


def _read_answers(path: Path) -> dict[int, list[str]]:
    return {
        entry["question_id"]: [a["answer"] for a in entry["answers"]]
        for entry in published.read_json(path)["annotations"]
    }
