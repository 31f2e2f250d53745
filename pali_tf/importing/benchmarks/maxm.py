"""MaXM: questions in seven languages, answered in the same language.

maxm_v1_<language>.json  {"split": language, "annotations": [{"image_id",
                         "qa_pairs": [{"question_id", "question", "answers",
                         "processed_answers"}]}]}
images/                  those of Crossmodal-3600, <image_id>.jpg

An answer is right if it is one of the processed answers.

Source: github.com/google-research-datasets/maxm.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import published, question_rows
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its questions in all languages that are there."""
    published.for_split(options, test="test")
    return question_rows.make_records(
        options, "maxm", _read_questions(options), {}
    )


def _read_questions(options: Options) -> Iterator[question_rows.Asked]:
    for path in published.find_files(options, "maxm*.json"):
        content = published.read_json(path)
        for image in content["annotations"]:
            for pair in image["qa_pairs"]:
                yield question_rows.Asked(
                    image_id=image["image_id"],
                    image_name=f"{image['image_id']}.jpg",
                    folders=("images",),
                    question=pair["question"],
                    question_id=str(pair["question_id"]),
                    answers=pair.get("processed_answers") or pair["answers"],
                    language=content["split"],
                )
