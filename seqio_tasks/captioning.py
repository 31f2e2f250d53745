"""Captioning benchmarks.

TextCaps and VizWiz give printed words as input; `<task>_without_ocr` does not.
An example is an image: one of its captions, a new one each epoch, is the
target, and all of that language are the references. Images of a test split
have none: their target is empty, and they have no reference.

Source: PaLI, arXiv 2209.06794, section 4.1 and appendix.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import languages, preprocessors, printed_words
from seqio_tasks.definition import Example, Objective, TaskDefinition

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


def _task(
    name: str,
    source: str,
    metric_fns: Sequence[Callable[..., metrics.Scores]] = (
        metrics.cider_metric,
    ),
    language: str | None = None,
) -> TaskDefinition:
    objective = Objective(
        features=FEATURES,
        requires=None if language is None else "caption/text",
        make_text=caption_image,
        metric_fns=metric_fns,
    )
    return TaskDefinition(
        name=name, source=source, objective=objective, language=language
    )


# A source of which each language is a task -> its languages.
BY_LANGUAGE = {"coco_35l": languages.CC3M_35L, "xm3600": languages.XM3600}

TASKS = (
    _task(
        "coco_captioning",
        "coco_karpathy",
        (
            metrics.cider_metric,
            metrics.bleu_metric,
            metrics.rouge_l_metric,
            metrics.meteor_metric,
        ),
    ),
    _task(
        "nocaps_captioning", "nocaps", (metrics.by_group(metrics.cider_metric),)
    ),
    *printed_words.with_and_without(_task("textcaps_captioning", "textcaps")),
    *printed_words.with_and_without(
        _task("vizwiz_captioning", "vizwiz_captions")
    ),
    _task("coco_35l_captioning", "coco_35l"),
    *(
        _task(f"{source}_captioning_{code}", source, language=code)
        for source, codes in BY_LANGUAGE.items()
        for code in codes
    ),
)

MIXTURES = {
    source: {f"{source}_captioning_{code}": 1 for code in codes}
    for source, codes in BY_LANGUAGE.items()
}
