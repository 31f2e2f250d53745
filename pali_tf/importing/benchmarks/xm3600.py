"""Crossmodal-3600: 3,600 images with captions in 36 languages.

captions.jsonl  a line is {"image/key", "<language>": {"caption": [texts]}}
images/         <image/key>.jpg

Source: google.github.io/crossmodal-3600.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import caption_rows, published
from pali_tf.importing.benchmarks.pictures import find_image
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its captions in all languages."""
    published.for_split(options, test="test")
    path = published.find_file(options, "captions.jsonl")
    for entry in published.read_json_lines(path, options):
        key = entry["image/key"]
        image = find_image(options, f"{key}.jpg", f"xm3600-{key}", "images")
        captions = [
            (text, language)
            for language, value in entry.items()
            # Other keys hold strings: the image's own.
            if isinstance(value, dict)
            for text in value["caption"]
        ]
        yield from caption_rows.make_record(options, image, captions)
