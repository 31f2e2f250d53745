"""The eight tasks that PaLI is pre-trained on, and their mixtures, by rate.

`objectives` says what they ask for.

Source: PaLI, arXiv 2209.06794, section 3.2 and appendix.
"""

import dataclasses

from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import (
    objects,
    preprocessors,
    printed_words,
    span_corruption,
)
from seqio_tasks.definition import Objective, TaskDefinition

_VQA = ("vqa/question", "vqa/answer", "vqa/language")

CAPTIONS = Objective(
    features=("caption/text", "caption/language"),
    requires="caption/text",
    make_text=preprocessors.caption,
    metric_fns=(metrics.cider_metric, metrics.bleu_metric),
    has_languages=True,
)
SPLIT_CAPTIONS = dataclasses.replace(
    CAPTIONS,
    make_text=preprocessors.split_caption,
    metric_fns=(metrics.exact_match_metric, metrics.cider_metric),
)
OCR = Objective(
    features=printed_words.FEATURES,
    requires="ocr/text",
    make_text=preprocessors.ocr,
    metric_fns=(
        metrics.character_error_rate_metric,
        metrics.exact_match_metric,
    ),
    has_languages=True,
)
ANSWERS = Objective(
    features=_VQA,
    requires="vqa/question",
    make_text=preprocessors.answer_question,
    metric_fns=(metrics.exact_match_metric, metrics.vqa_accuracy_metric),
    has_languages=True,
)
QUESTIONS = dataclasses.replace(
    ANSWERS,
    make_text=preprocessors.ask_question,
    metric_fns=(metrics.exact_match_metric, metrics.cider_metric),
)
OBJECT_AWARE = Objective(
    features=(objects.LABELS, objects.NEGATIVES),
    requires=objects.LABELS,
    make_text=objects.ask_about_objects,
    metric_fns=(metrics.exact_match_metric, metrics.exact_match_by_form),
)
DETECTION = dataclasses.replace(
    OBJECT_AWARE,
    features=(*OBJECT_AWARE.features, *objects.SIDES),
    make_text=objects.detect,
    metric_fns=(metrics.detection_ap50_metric, metrics.exact_match_metric),
)
SPAN_CORRUPTION = Objective(
    features=("text",),
    make_text=span_corruption.corrupt_spans,
    metric_fns=(metrics.exact_match_metric, metrics.token_accuracy_metric),
    has_images=False,
    joining=span_corruption.joining,
)

TASKS = tuple(
    TaskDefinition(name=name, source=source, objective=objective)
    for name, source, objective in (
        ("text_span_corruption", "text", SPAN_CORRUPTION),
        ("webli_split_captioning", "webli", SPLIT_CAPTIONS),
        ("cc3m35l_captioning", "cc3m35l", CAPTIONS),
        ("webli_ocr", "webli", OCR),
        ("vq2a_cc3m35l_vqa", "vq2a_cc3m35l", ANSWERS),
        ("vq2a_cc3m35l_vqg", "vq2a_cc3m35l", QUESTIONS),
        ("openimages_object_aware_vqa", "openimages", OBJECT_AWARE),
        ("object_detection", "detection", DETECTION),
    )
)

# Millions of examples; a mixture's rates are these amounts.
# Source: PaLI, arXiv 2209.06794, appendix, table "Mixing ratio of each task".
PRETRAIN_RATES = {
    "text_span_corruption": 100,
    "webli_split_captioning": 1000,
    "webli_ocr": 100,
    "cc3m35l_captioning": 100,
    "vq2a_cc3m35l_vqa": 100,
    "vq2a_cc3m35l_vqg": 100,
    "openimages_object_aware_vqa": 50,
    "object_detection": 16,
}

# In percent. Ours: in a run of minutes the paper's rates leave too little for
# questions, lists, printed words and detection to be learned at all.
TINY_RATES = {
    "text_span_corruption": 3,
    "webli_split_captioning": 10,
    "webli_ocr": 15,
    "cc3m35l_captioning": 12,
    "vq2a_cc3m35l_vqa": 30,
    "vq2a_cc3m35l_vqg": 4,
    "openimages_object_aware_vqa": 14,
    "object_detection": 12,
}

# Phase 2, at 588 pixels: three tasks in equal parts.
# Source: PaLI, section 3.3 and appendix.
HIGHRES_RATES = {
    "webli_ocr": 1,
    "cc3m35l_captioning": 1,
    "vq2a_cc3m35l_vqa": 1,
}

# What each ablation leaves out; the other weights stay.
# Source: PaLI, table 6.
LEFT_OUT = {
    "split_captioning": ("webli_split_captioning",),
    "captioning": ("cc3m35l_captioning",),
    "ocr": ("webli_ocr",),
    "vqa": ("vq2a_cc3m35l_vqa",),
    "vqg": ("vq2a_cc3m35l_vqg",),
    "objects": ("openimages_object_aware_vqa", "object_detection"),
}

MIXTURES = {
    "pali_pretrain": PRETRAIN_RATES,
    "pali_highres": HIGHRES_RATES,
    "pali_tiny": TINY_RATES,
    **{
        f"pali_pretrain_without_{name}": {
            task: rate
            for task, rate in PRETRAIN_RATES.items()
            if task not in tasks
        }
        for name, tasks in LEFT_OUT.items()
    },
}
