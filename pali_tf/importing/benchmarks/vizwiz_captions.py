"""VizWiz-Captions: pictures that blind people took.

annotations/{train,val,test}.json  {"images": [{"id", "file_name"}],
                                   "annotations": [{"image_id", "caption",
                                   "is_precanned", "is_rejected"}]}
train/, val/, test/                the images

Rejected captions, and "Quality issues are too severe ..." by a button, are not
kept; an image with no other is not either, save in the test split.

Source: vizwiz.org/tasks-and-datasets/image-captioning.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import caption_rows, published
from pali_tf.importing.benchmarks.coco_captions import captions_by_image
from pali_tf.importing.benchmarks.pictures import find_image
from pali_tf.importing.benchmarks.printed_words import read_words
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with up to five captions."""
    split = published.for_split(
        options, train="train", validation="val", test="test"
    )
    path = published.find_file(
        options, f"annotations/{split}.json", f"{split}.json"
    )
    content = published.read_json(path)
    captions = captions_by_image(content)
    words = read_words(options)
    for entry in content["images"]:
        image_id = str(entry["id"])
        texts = captions.get(entry["id"], [])
        if not texts and options.split != "test":
            options.problems.report(
                "no-annotation", image_id, "it has only rejected captions."
            )
            continue
        image = find_image(
            options, entry["file_name"], f"vizwiz-{split}-{image_id}", split
        )
        yield from caption_rows.make_record(
            options,
            image,
            [(text, "en") for text in texts],
            ocr=words.get(image_id, ()),
        )
