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

from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import objects, preprocessors
from seqio_tasks.registration import add_task
from seqio_tasks.sources import StoredExamples
from seqio_tasks.span_corruption import corrupt_spans, join_documents

_CAPTION = ("caption/text", "caption/language")
_OCR = (
    "ocr/text",
    "ocr/language",
    "ocr/bbox/ymin",
    "ocr/bbox/xmin",
    "ocr/bbox/ymax",
)
_VQA = ("vqa/question", "vqa/answer", "vqa/language")


add_task(
    "text_span_corruption",
    StoredExamples("text", ["text"], has_images=False),
    corrupt_spans,
    [metrics.exact_match_metric, metrics.token_accuracy_metric],
    before=[join_documents],
)
add_task(
    "webli_split_captioning",
    StoredExamples("webli", _CAPTION, requires="caption/text"),
    preprocessors.split_caption,
    [metrics.exact_match_metric, metrics.cider_metric],
)
add_task(
    "cc3m35l_captioning",
    StoredExamples("cc3m35l", _CAPTION, requires="caption/text"),
    preprocessors.caption,
    [metrics.cider_metric, metrics.bleu_metric],
)
add_task(
    "webli_ocr",
    StoredExamples("webli", _OCR, requires="ocr/text"),
    preprocessors.ocr,
    [metrics.character_error_rate_metric, metrics.exact_match_metric],
)
add_task(
    "vq2a_cc3m35l_vqa",
    StoredExamples("vq2a_cc3m35l", _VQA, requires="vqa/question"),
    preprocessors.answer_question,
    [metrics.exact_match_metric, metrics.vqa_accuracy_metric],
)
add_task(
    "vq2a_cc3m35l_vqg",
    StoredExamples("vq2a_cc3m35l", _VQA, requires="vqa/question"),
    preprocessors.ask_question,
    [metrics.exact_match_metric, metrics.cider_metric],
)
add_task(
    "openimages_object_aware_vqa",
    StoredExamples(
        "openimages",
        [objects.LABELS, objects.NEGATIVES],
        requires=objects.LABELS,
    ),
    objects.ask_about_objects,
    [metrics.exact_match_metric, metrics.exact_match_by_form],
)
add_task(
    "object_detection",
    StoredExamples(
        "detection",
        [objects.LABELS, objects.NEGATIVES, *objects.SIDES],
        requires=objects.LABELS,
    ),
    objects.detect,
    [metrics.detection_ap50_metric, metrics.exact_match_metric],
)
