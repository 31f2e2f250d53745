"""TextVQA: questions about the words in a picture.

TextVQA_0.5.1_{train,val,test}.json  {"data": [{"question_id", "image_id",
                                     "question", "answers": [ten texts]}]}, no
                                     answers in the test split
TextVQA_Rosetta_OCR_v0.2_*.json      printed words, if they are there
train_images/, test_images/          <image_id>.jpg

Source: textvqa.org/dataset.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import published, question_rows
from pali_tf.importing.benchmarks.printed_words import read_words
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its questions and its printed words."""
    split = published.for_split(
        options, train="train", validation="val", test="test"
    )
    path = published.find_file(options, f"TextVQA_0.5.1_{split}.json")
    folder = "test_images" if split == "test" else "train_images"
    questions = (
        question_rows.Asked(
            image_id=str(entry["image_id"]),
            image_name=f"{entry['image_id']}.jpg",
            folders=(folder,),
            question=entry["question"],
            question_id=str(entry["question_id"]),
            answers=entry.get("answers", ()),
        )
        for entry in published.read_json(path)["data"]
    )
    words = read_words(options, split)
    return question_rows.make_records(options, "textvqa", questions, words)
