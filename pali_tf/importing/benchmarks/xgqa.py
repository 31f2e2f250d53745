"""xGQA: GQA's questions in eight languages, with English answers.

testdev_balanced_questions_<language>.json  {question id: {"imageId",
                                            "question", "answer"}}
images/                                     GQA's, <imageId>.jpg

Source: github.com/adapter-hub/xGQA (zero_shot).
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import published, question_rows
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its questions in all languages that are there."""
    published.for_split(options, test="test")
    return question_rows.make_records(
        options, "xgqa", _read_questions(options), {}
    )


def _read_questions(options: Options) -> Iterator[question_rows.Asked]:
    for path in published.find_files(
        options, "testdev_balanced_questions_*.json"
    ):
        language = path.stem.rpartition("_")[2]
        for question_id, entry in published.read_json(path).items():
            yield question_rows.Asked(
                image_id=entry["imageId"],
                image_name=f"{entry['imageId']}.jpg",
                folders=("images",),
                question=entry["question"],
                question_id=f"{question_id}_{language}",
                answers=(entry["answer"],),
                language=language,
            )
