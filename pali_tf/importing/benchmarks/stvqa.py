"""ST-VQA, task 3: questions about scene text, without a word list.

{train,test}_task_3.json  {"data": [{"question_id", "file_path", "question",
                          "answers": [texts]}]}, no answers in the test split
train_images/, test_task3_images/  the images, at `file_path`

There is no validation split; the paper does not say how its own was cut. A
file {"data": [...]} with the same keys, given as the input, is read as any
split.

Source: rrc.cvc.uab.es/?ch=11.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import published, question_rows
from pali_tf.importing.benchmarks.printed_words import read_words
from pali_tf.importing.options import Options
from pali_tf.webli import records

_FOLDERS = {"test": "test_task3_images"}


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its questions and all right answers."""
    splits = {"train": "train", "test": "test"}
    if options.input.is_file():
        splits["validation"] = "validation"
    split = published.for_split(options, **splits)
    path = published.find_file(options, f"{split}_task_3.json")
    questions = (
        question_rows.Asked(
            image_id=entry["file_path"],
            image_name=entry["file_path"],
            folders=(_FOLDERS.get(split, "train_images"),),
            question=entry["question"],
            question_id=str(entry["question_id"]),
            answers=entry.get("answers", ()),
        )
        for entry in published.read_json(path)["data"]
    )
    words = read_words(options)
    return question_rows.make_records(options, "stvqa", questions, words)
