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
import difflib
from collections.abc import Callable, Sequence

import tensorflow as tf

from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import (
    captioning,
    classification,
    objects,
    preprocessors,
    printed_words,
    span_corruption,
    text,
    vqa,
)
from seqio_tasks.sources import StoredExamples

_OBJECTS = (objects.LABELS, objects.NEGATIVES)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objective:
    """How a task is made of a source.

    Attributes:
        features: what is read of a record.
        make_text: from a record to its prompt and target.
        metric_fns: what fits its answers.
        requires: the feature without which a record is passed over.
        each: "vqa": an example is a question; None: a record.
        has_images: whether records have images.
        has_languages: whether one language can be chosen.
        before: steps over whole records, ahead of all others.
    """

    features: Sequence[str]
    make_text: Callable[..., dict[str, tf.Tensor]]
    metric_fns: Sequence[Callable[..., metrics.Scores]]
    requires: str | None = None
    each: str | None = None
    has_images: bool = True
    has_languages: bool = False
    before: Sequence[Callable[..., tf.data.Dataset]] = ()

    def source(self, name: str, language: str | None) -> StoredExamples:
        """Gives the stored examples that the objective reads."""
        return StoredExamples(
            name,
            self.features,
            requires=self.requires,
            has_images=self.has_images,
            each=self.each,
            language=language,
        )


OBJECTIVES = {
    "captioning": Objective(
        features=captioning.FEATURES,
        requires="caption/text",
        make_text=captioning.caption_image,
        metric_fns=[metrics.cider_metric, metrics.bleu_metric],
        has_languages=True,
    ),
    "split_captioning": Objective(
        features=captioning.FEATURES,
        requires="caption/text",
        make_text=preprocessors.split_caption,
        metric_fns=[metrics.exact_match_metric, metrics.cider_metric],
        has_languages=True,
    ),
    "vqa": Objective(
        features=vqa.FEATURES,
        each="vqa",
        make_text=vqa.answer_in_english,
        metric_fns=[metrics.vqa_accuracy_metric, metrics.exact_match_metric],
        has_languages=True,
    ),
    "vqa_native": Objective(
        features=vqa.FEATURES,
        each="vqa",
        make_text=vqa.answer_in_its_language,
        metric_fns=[metrics.exact_match_by_language],
        has_languages=True,
    ),
    "vqg": Objective(
        features=vqa.FEATURES[:3],
        requires="vqa/question",
        make_text=preprocessors.ask_question,
        metric_fns=[metrics.exact_match_metric, metrics.cider_metric],
        has_languages=True,
    ),
    "ocr": Objective(
        features=printed_words.FEATURES,
        requires="ocr/text",
        make_text=preprocessors.ocr,
        metric_fns=[
            metrics.character_error_rate_metric,
            metrics.exact_match_metric,
        ],
        has_languages=True,
    ),
    "detection": Objective(
        features=(*_OBJECTS, *objects.SIDES),
        requires=objects.LABELS,
        make_text=objects.detect,
        metric_fns=[
            metrics.detection_ap50_metric,
            metrics.exact_match_metric,
        ],
    ),
    "object_aware": Objective(
        features=_OBJECTS,
        requires=objects.LABELS,
        make_text=objects.ask_about_objects,
        metric_fns=[metrics.exact_match_metric, metrics.exact_match_by_form],
    ),
    "classification": Objective(
        features=("label/text",),
        requires="label/text",
        make_text=classification.name_class,
        metric_fns=[metrics.top_1_metric, metrics.top_5_metric],
    ),
    "text": Objective(
        features=text.FEATURES,
        make_text=text.transform_text,
        metric_fns=[metrics.exact_match_metric],
        has_images=False,
    ),
    "span_corruption": Objective(
        features=("text",),
        make_text=span_corruption.corrupt_spans,
        metric_fns=[metrics.exact_match_metric, metrics.token_accuracy_metric],
        has_images=False,
        before=(span_corruption.join_documents,),
    ),
}


def find_objective(name: str) -> Objective:
    """Gives an objective by its name.

    Raises:
        ValueError: there is none; the message has the nearest.
    """
    if name not in OBJECTIVES:
        near = difflib.get_close_matches(name, OBJECTIVES, 1, 0.0)[0]
        raise ValueError(
            f"There is no objective {name!r}; did you mean {near!r}? Known: "
            f"{', '.join(OBJECTIVES)}."
        )
    return OBJECTIVES[name]
