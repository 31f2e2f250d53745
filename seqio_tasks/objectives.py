"""What can be asked of imported data: the objectives, by name.

| objective        | reads               | asks for                           |
|------------------|---------------------|------------------------------------|
| captioning       | captions            | a caption in its language          |
| split_captioning | captions            | the rest of a caption              |
| vqa              | questions           | the answer, in English             |
| vqa_native       | questions           | the answer, in the question's      |
|                  |                     | language                           |
| vqg              | questions           | the question for an answer         |
| ocr              | printed words       | all of them in reading order       |
| detection        | boxes               | the boxes of named objects         |
| object_aware     | boxes or their      | which objects there are            |
|                  | labels              |                                    |
| classification   | labels              | the class, ranked among all        |
| text             | pairs of texts      | the second text of the first       |
| span_corruption  | documents           | the spans hidden in a text         |
"""

import dataclasses

from pali_tf.errors import UserError, nearest
from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import captioning, classification, pretraining, text, vqa
from seqio_tasks.definition import Objective

_VQA = Objective(
    features=vqa.FEATURES,
    each="vqa",
    make_text=vqa.answer_in_english,
    metric_fns=(metrics.vqa_accuracy_metric, metrics.exact_match_metric),
    has_languages=True,
)

OBJECTIVES = {
    "captioning": dataclasses.replace(
        pretraining.CAPTIONS,
        features=captioning.FEATURES,
        make_text=captioning.caption_image,
    ),
    "split_captioning": pretraining.SPLIT_CAPTIONS,
    "vqa": _VQA,
    "vqa_native": dataclasses.replace(
        _VQA,
        make_text=vqa.answer_in_its_language,
        metric_fns=(metrics.exact_match_by_language,),
    ),
    "vqg": pretraining.QUESTIONS,
    "ocr": pretraining.OCR,
    "detection": pretraining.DETECTION,
    "object_aware": pretraining.OBJECT_AWARE,
    "classification": classification.OBJECTIVE,
    "text": Objective(
        features=text.FEATURES,
        make_text=text.transform_text,
        metric_fns=(metrics.exact_match_metric,),
        has_images=False,
    ),
    "span_corruption": pretraining.SPAN_CORRUPTION,
}


def find_objective(name: str) -> Objective:
    """Gives an objective by its name.

    Raises:
        UserError: there is none; the message has the nearest.
    """
    if name not in OBJECTIVES:
        raise UserError(
            f"There is no objective {name!r}{nearest(name, OBJECTIVES)} They "
            f"are: {', '.join(OBJECTIVES)}."
        )
    return OBJECTIVES[name]
