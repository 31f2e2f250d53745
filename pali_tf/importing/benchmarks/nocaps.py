"""NoCaps: captions of objects that COCO does not have.

nocaps_val_4500_captions.json  {"images": [{"id", "file_name", "domain"}],
                               "annotations": [{"image_id", "caption"}]}
nocaps_test_image_info.json    the same without annotations and domains
validation/, test/             the images, of Open Images

The group of an image is its domain: in-domain, near-domain, out-domain.

Source: nocaps.org.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import caption_rows, published
from pali_tf.importing.benchmarks.coco_captions import captions_by_image
from pali_tf.importing.benchmarks.pictures import find_image
from pali_tf.importing.options import Options
from pali_tf.webli import records

_FILES = {
    "validation": "nocaps_val_4500_captions.json",
    "test": "nocaps_test_image_info.json",
}


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its ten captions, none in the test split."""
    path = published.find_file(options, published.for_split(options, **_FILES))
    content = published.read_json(path)
    captions = captions_by_image(content)
    for entry in content["images"]:
        image = find_image(
            options,
            entry["file_name"],
            f"nocaps-{options.split}-{entry['id']}",
            options.split,
        )
        yield from caption_rows.make_record(
            options,
            image,
            [(text, "en") for text in captions.get(entry["id"], ())],
            group=entry.get("domain") or "",
        )
