"""VizWiz-QA: questions that blind people asked about their pictures.

Annotations/{train,val,test}.json  [{"image", "question", "answers":
                                   [{"answer"}]}], no answers in the test split
train/, val/, test/                the images

An image has one question; "unanswerable" is an answer like others.

Source: vizwiz.org/tasks-and-datasets/vqa.
"""

from collections.abc import Iterator
from pathlib import PurePath

from pali_tf.importing.benchmarks import published, question_rows
from pali_tf.importing.benchmarks.printed_words import read_words
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its question and ten answers."""
    split = published.for_split(
        options, train="train", validation="val", test="test"
    )
    path = published.find_file(
        options,
        f"Annotations/{split}.json",
        f"annotations/{split}.json",
        f"{split}.json",
    )
    questions = (
        question_rows.Asked(
            image_id=PurePath(entry["image"]).stem,
            image_name=entry["image"],
            folders=(split,),
            question=entry["question"],
            question_id=entry["image"],
            answers=[a["answer"] for a in entry.get("answers", ())],
        )
        for entry in published.read_json(path)
    )
    words = read_words(options)
    return question_rows.make_records(options, "vizwiz", questions, words)
