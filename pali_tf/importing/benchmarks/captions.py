"""Captions of images."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pali_tf.importing.benchmarks import published
from pali_tf.importing.benchmarks.printed_words import read_words
from pali_tf.importing.benchmarks.published import find_image
from pali_tf.importing.options import Options
from pali_tf.webli import records

# Every caption of COCO-35L is in each language, so its English is taken once.
_ENGLISH_BESIDE = "de"


def coco_karpathy(options: Options) -> Iterator[records.Record]:
    """COCO captions in Karpathy's split: an image with its five captions.

    dataset_coco.json    see `published.karpathy_images`
    train2014/, val2014/ the images

    Source: cocodataset.org.
    """
    path = published.find_file(options, "dataset_coco.json")
    for entry in published.karpathy_images(path, options):
        image = find_image(
            options,
            entry["filename"],
            f"coco-{entry['cocoid']}",
            entry["filepath"],
        )
        texts = (sentence["raw"] for sentence in entry["sentences"])
        yield from _captioned(options, image, _english(texts))


def nocaps(options: Options) -> Iterator[records.Record]:
    """NoCaps: captions of objects that COCO does not have, ten an image.

    nocaps_val_4500_captions.json  {"images": [{"id", "file_name", "domain"}],
                                   "annotations": [{"image_id", "caption"}]}
    nocaps_test_image_info.json    the same without annotations and domains
    validation/, test/             the images, of Open Images

    The group of an image is its domain: in-domain, near-domain, out-domain.

    Source: nocaps.org.
    """
    name = published.for_split(
        options,
        validation="nocaps_val_4500_captions.json",
        test="nocaps_test_image_info.json",
    )
    content = published.read_json(published.find_file(options, name))
    captions = _by_image(content)
    for entry in content["images"]:
        image = find_image(
            options,
            entry["file_name"],
            f"nocaps-{options.split}-{entry['id']}",
            options.split,
        )
        yield from _captioned(
            options,
            image,
            _english(captions.get(entry["id"], ())),
            group=entry.get("domain") or "",
        )


def textcaps(options: Options) -> Iterator[records.Record]:
    """TextCaps: five captions that need the printed words to be read.

    TextCaps_0.1_{train,val,test}.json  {"data": [{"image_id", "caption_str"}]},
                                        one entry a caption; none in the test
                                        split
    TextVQA_Rosetta_OCR_v0.2_*.json     printed words, if they are there
    train_images/, test_images/         <image_id>.jpg

    Source: textvqa.org/textcaps/dataset.
    """
    split = published.for_split(options, **published.TRAIN_VAL_TEST)
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
        yield from _captioned(
            options, image, _english(texts), ocr=words.get(image_id, ())
        )


def vizwiz_captions(options: Options) -> Iterator[records.Record]:
    """VizWiz-Captions: pictures that blind people took, up to five captions.

    annotations/{train,val,test}.json  {"images": [{"id", "file_name"}],
                                       "annotations": [{"image_id", "caption",
                                       "is_precanned", "is_rejected"}]}
    train/, val/, test/                the images

    Rejected captions, and "Quality issues are too severe ..." by a button, are
    not kept; an image with no other is not either, save in the test split.

    Source: vizwiz.org/tasks-and-datasets/image-captioning.
    """
    split = published.for_split(options, **published.TRAIN_VAL_TEST)
    path = published.find_file(
        options, f"annotations/{split}.json", f"{split}.json"
    )
    content = published.read_json(path)
    captions = _by_image(content)
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
        yield from _captioned(
            options, image, _english(texts), ocr=words.get(image_id, ())
        )


def coco_35l(options: Options) -> Iterator[records.Record]:
    """COCO-35L: COCO's captions, translated into 34 languages.

    coco_mt_{train,dev}.jsonl  or .jsonl.bz2; a line is {"image_id": "<COCO
                               id>_<caption>", "trg_lang", "caption_tokenized",
                               "translation_tokenized"}
    train2014/, val2014/       the images

    Lines of an image need not be neighbours: all captions are held in memory, a
    few GB for the train split. English is the source of one of the languages.

    Source: google.github.io/crossmodal-3600.
    """
    split = published.for_split(options, train="train", validation="dev")
    name = f"coco_mt_{split}.jsonl"
    path = published.find_file(options, name, f"{name}.bz2")
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
        yield from _captioned(options, _either_coco(options, image_id), texts)


def xm3600(options: Options) -> Iterator[records.Record]:
    """Crossmodal-3600: 3,600 images with captions in 36 languages.

    captions.jsonl  a line is {"image/key", "<language>": {"caption": [texts]}}
    images/         <image/key>.jpg

    Source: google.github.io/crossmodal-3600.
    """
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
        yield from _captioned(options, image, captions)


def _captioned(
    options: Options,
    image: records.Image | None,
    captions: Iterable[tuple[str, str]],
    *,
    group: str = "",
    ocr: tuple[records.OcrText, ...] = (),
) -> Iterator[records.Record]:
    """Yields the record of an image, or nothing where there is no image.

    Empty captions, and an image of another split than "test" that has none, are
    reported; a missing image is already.
    """
    if image is None:
        return
    kept = []
    for text, language in captions:
        if text.strip():
            kept.append(
                records.Caption(text=text.strip(), language=language, score=1.0)
            )
        else:
            options.problems.report(
                "empty-text", image.source_id, "A caption is empty."
            )
    if not kept and options.split != "test":
        options.problems.report(
            "missing-answer", image.source_id, "The image has no caption."
        )
        return
    yield records.Record(
        image=image, captions=tuple(kept), group=group, ocr=ocr
    )


def _english(texts: Iterable[str]) -> list[tuple[str, str]]:
    return [(text, "en") for text in texts]


def _by_image(content: Mapping[str, Any]) -> dict[Any, list[str]]:
    """Gathers captions; those rejected, or by a button, are passed over.

    So does VizWiz' own evaluation. A test split has no annotations.
    """
    found: dict[Any, list[str]] = {}
    for entry in content.get("annotations", ()):
        if not (entry.get("is_rejected") or entry.get("is_precanned")):
            found.setdefault(entry["image_id"], []).append(entry["caption"])
    return found


def _either_coco(options: Options, image_id: int) -> records.Image | None:
    """Finds the image in either of COCO's folders."""
    root = options.image_root
    source_id = f"coco-{image_id}"
    name = published.coco_file_name(image_id, "train2014")
    if (root / "train2014" / name).is_file() or (root / name).is_file():
        return find_image(options, name, source_id, "train2014")
    name = published.coco_file_name(image_id, "val2014")
    return find_image(options, name, source_id, "val2014")
