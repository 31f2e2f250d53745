"""COCO-35L: COCO's captions, translated into 34 languages.

coco_mt_{train,dev}.jsonl  or .jsonl.bz2; a line is {"image_id": "<COCO
                           id>_<caption>", "trg_lang", "caption_tokenized",
                           "translation_tokenized"}
train2014/, val2014/       the images

Lines of an image need not be neighbours: all captions are held in memory, a few
GB for the train split. English is the source of one of the languages.

Source: google.github.io/crossmodal-3600.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import caption_rows, published
from pali_tf.importing.benchmarks.pictures import coco_file_name, find_image
from pali_tf.importing.options import Options
from pali_tf.webli import records

# Every caption is translated into each, so its English is taken once.
_ENGLISH_BESIDE = "de"


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its captions in all languages."""
    split = published.for_split(options, train="train", validation="dev")
    path = published.find_file(
        options, f"coco_mt_{split}.jsonl", f"coco_mt_{split}.jsonl.bz2"
    )
    captions: dict[int, list[tuple[str, str]]] = {}
    for entry in published.read_json_lines(path, options):
        of_image = captions.setdefault(
            int(str(entry["image_id"]).split("_")[0]), []
        )
        language = entry["trg_lang"]
        if language == _ENGLISH_BESIDE:
            of_image.append((entry["caption_tokenized"], "en"))
        of_image.append((entry["translation_tokenized"], language))
    for image_id, texts in captions.items():
        yield from caption_rows.make_record(
            options, _find(options, image_id), texts
        )


def _find(options: Options, image_id: int) -> records.Image | None:
    """Finds the image in either of COCO's folders."""
    root = options.image_root
    source_id = f"coco-{image_id}"
    name = coco_file_name(image_id, "train2014")
    if (root / "train2014" / name).is_file() or (root / name).is_file():
        return find_image(options, name, source_id, "train2014")
    name = coco_file_name(image_id, "val2014")
    return find_image(options, name, source_id, "val2014")
