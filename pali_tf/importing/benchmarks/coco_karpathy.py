"""COCO captions in Karpathy's split.

dataset_coco.json    {"images": [{"filepath", "filename", "cocoid", "split",
                     "sentences": [{"raw"}]}]}; "restval" trains as well
train2014/, val2014/ the images

Source: cs.stanford.edu/people/karpathy/deepimagesent; cocodataset.org.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import caption_rows, published
from pali_tf.importing.benchmarks.pictures import find_image
from pali_tf.importing.options import Options
from pali_tf.webli import records

_SPLITS = {"train": "train restval", "validation": "val", "test": "test"}


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its five captions."""
    splits = published.for_split(options, **_SPLITS).split()
    path = published.find_file(options, "dataset_coco.json")
    for entry in published.read_json(path)["images"]:
        if entry["split"] not in splits:
            continue
        image = find_image(
            options,
            entry["filename"],
            f"coco-{entry['cocoid']}",
            entry["filepath"],
        )
        captions = [(s["raw"], "en") for s in entry["sentences"]]
        yield from caption_rows.make_record(options, image, captions)
