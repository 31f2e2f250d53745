"""TallyQA: counting questions.

{train,test}.json  [{"image", "question_id", "image_id", "question", "answer",
                   "issimple"}]; only the test split says what is simple
VG_100K/, VG_100K_2/, train2014/, val2014/  the images, at `image`

The group of a question is "simple" or "complex".

Source: github.com/manoja328/TallyQA_dataset.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import published, question_rows
from pali_tf.importing.options import Options
from pali_tf.webli import records

_GROUPS = {True: "simple", False: "complex", None: ""}


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its questions; answers are numerals."""
    split = published.for_split(options, train="train", test="test")
    path = published.find_file(options, f"{split}.json")
    questions = (
        question_rows.Asked(
            image_id=entry["image"],
            image_name=entry["image"],
            question=entry["question"],
            question_id=str(entry["question_id"]),
            answers=(str(entry["answer"]),),
            group=_GROUPS[entry.get("issimple")],
        )
        for entry in published.read_json(path)
    )
    return question_rows.make_records(options, "tallyqa", questions, {})
