"""The eight tasks that PaLI is pre-trained on.

| task                       | source        | asks for                       |
|----------------------------|---------------|--------------------------------|
| text_span_corruption       | text          | the spans hidden in a text     |
| webli_split_captioning     | webli         | the rest of an alt-text        |
| cc3m35l_captioning         | cc3m35l       | a caption in a language        |
| webli_ocr                  | webli         | the printed words of a language |
| vq2a_cc3m35l_vqa           | vq2a_cc3m35l  | the English answer             |
| vq2a_cc3m35l_vqg           | vq2a_cc3m35l  | the question for an answer     |
| openimages_object_aware_vqa | openimages   | which objects there are        |
| object_detection           | detection     | the boxes of named objects     |

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
