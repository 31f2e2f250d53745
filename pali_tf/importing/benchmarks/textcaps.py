"""TextCaps: captions that need the printed words to be read.

TextCaps_0.1_{train,val,test}.json  {"data": [{"image_id", "caption_str"}]},
                                    one entry a caption; none in the test split
TextVQA_Rosetta_OCR_v0.2_*.json     printed words, if they are there
train_images/, test_images/         <image_id>.jpg

Source: textvqa.org/textcaps/dataset.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import caption_rows, published
from pali_tf.importing.benchmarks.pictures import find_image
from pali_tf.importing.benchmarks.printed_words import read_words
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its five captions and its printed words."""
    split = published.for_split(
        options, train="train", validation="val", test="test"
    )
    path = published.find_file(options, f"TextCaps_0.1_{split}.json")
    captions: dict[str, list[str]] = {}
    for entry in published.read_json(path)["data"]:
        of_image = captions.setdefault(str(entry["image_id"]), [])
        if "caption_str" in entry:
            of_image.append(entry["caption_str"])
    words = read_words(options, split)
    for image_id, texts in captions.items():
        image = find_image(
            options,
            f"{image_id}.jpg",
            f"textcaps-{image_id}",
            "test_images" if split == "test" else "train_images",
        )
        yield from caption_rows.make_record(
            options,
            image,
            [(text, "en") for text in texts],
            ocr=words.get(image_id, ()),
        )
