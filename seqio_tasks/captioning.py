"""Captioning benchmarks.

| task                        | source          | metrics                      |
|-----------------------------|-----------------|------------------------------|
| coco_captioning             | coco_karpathy   | CIDEr, BLEU, ROUGE-L, METEOR |
| nocaps_captioning           | nocaps          | CIDEr, by domain as well     |
| textcaps_captioning         | textcaps        | CIDEr                        |
| vizwiz_captioning           | vizwiz_captions | CIDEr                        |
| coco_35l_captioning         | coco_35l        | CIDEr, by language           |
| coco_35l_captioning_<lang>  | coco_35l        | CIDEr                        |
| xm3600_captioning_<lang>    | xm3600          | CIDEr                        |

TextCaps and VizWiz give printed words as input; `<task>_without_ocr` does not.
An example is an image: one of its captions, a new one each epoch, is the
target, and all of that language are the references. Images of a test split
have none: their target is empty, and they have no reference.

Source: PaLI, arXiv 2209.06794, section 4.1 and appendix.
"""

from collections.abc import Mapping

import seqio
import tensorflow as tf

from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import languages, preprocessors, printed_words
from seqio_tasks.registration import add_task
from seqio_tasks.sources import StoredExamples

Example = dict[str, tf.Tensor]

FEATURES = ("caption/text", "caption/language", "image/group")

# Of images that have no caption.
_LANGUAGE = "en"


def caption_image(example: Example) -> Example:
    """Makes "Generate the alt_text in EN at 0: <extra_id_0>" of an image."""
    texts = example["caption/text"]

    def or_one(values: tf.Tensor, value: str) -> tf.Tensor:
        return tf.cond(
            tf.size(texts) > 0, lambda: values, lambda: tf.constant([value])
        )

    made = preprocessors.caption(
        {
            **example,
            "caption/text": or_one(texts, ""),
            "caption/language": or_one(example["caption/language"], _LANGUAGE),
        }
    )
    return {
        **made,
        # Not the empty caption that stood in.
        "references": made["references"][: tf.size(texts)],
        "group": example["image/group"],
    }


def caption_image_and_words(
    example: Example,
    sequence_length: Mapping[str, int],
    output_features: Mapping[str, seqio.Feature],
) -> Example:
    """Makes "Generate the alt_text in EN at 0: ocr: stop <extra_id_0>"."""
    made = caption_image(example)
    made["inputs"] = printed_words.add_printed_words(
        made["inputs"], example, sequence_length, output_features
    )
    return made


def _source(name: str, language: str | None = None) -> StoredExamples:
    return StoredExamples(
        name,
        FEATURES,
        language=language,
        requires=None if language is None else "caption/text",
    )


add_task(
    "coco_captioning",
    _source("coco_karpathy"),
    caption_image,
    [
        metrics.cider_metric,
        metrics.bleu_metric,
        metrics.rouge_l_metric,
        metrics.meteor_metric,
    ],
)
add_task(
    "nocaps_captioning",
    _source("nocaps"),
    caption_image,
    [metrics.by_group(metrics.cider_metric)],
)
for _name, _folder in (
    ("textcaps_captioning", "textcaps"),
    ("vizwiz_captioning", "vizwiz_captions"),
):
    add_task(
        _name,
        StoredExamples(_folder, [*FEATURES, *printed_words.FEATURES]),
        caption_image_and_words,
        [metrics.cider_metric],
    )
    add_task(
        f"{_name}_without_ocr",
        _source(_folder),
        caption_image,
        [metrics.cider_metric],
    )
add_task(
    "coco_35l_captioning",
    _source("coco_35l"),
    caption_image,
    [metrics.cider_metric],
)
for _source_name, _languages in (
    ("coco_35l", languages.CC3M_35L),
    ("xm3600", languages.XM3600),
):
    _names = [f"{_source_name}_captioning_{code}" for code in _languages]
    for _name, _language in zip(_names, _languages, strict=True):
        add_task(
            _name,
            _source(_source_name, _language),
            caption_image,
            [metrics.cider_metric],
        )
    seqio.MixtureRegistry.add(_source_name, [(name, 1) for name in _names])
