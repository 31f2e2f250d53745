"""Benchmarks of questions about images.

TextVQA, VizWiz and ST-VQA give printed words as input; `<task>_without_ocr`
does not. An example is a question. Its target is the answer that was given most
often, its references are all of them; a test split has none.

Source: PaLI, arXiv 2209.06794, section 4.2 and appendix.
"""

from collections.abc import Callable

import tensorflow as tf

from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import languages, preprocessors, prompts
from seqio_tasks.definition import Example, Objective, TaskDefinition
from seqio_tasks.printed_words import with_and_without

FEATURES = (
    "vqa/question",
    "vqa/answer",
    "vqa/language",
    "vqa/reference",
    "vqa/question_id",
    "vqa/group",
)


def answer_in_english(example: Example) -> Example:
    """Makes "Answer in EN: [question] <extra_id_0>" of a question."""
    return _answer(example, tf.constant("en"))


def answer_in_its_language(example: Example) -> Example:
    """Makes "Answer in FR: [question] <extra_id_0>" of a French question."""
    return _answer(example, example["vqa/language"])


def _answer(example: Example, answer_language: tf.Tensor) -> Example:
    answer = example["vqa/answer"]
    question_id = example["vqa/question_id"]
    return {
        "inputs": prompts.answer_in(
            languages.prompt_code(answer_language), example["vqa/question"]
        ),
        "targets": answer,
        "references": preprocessors.references(
            answer, example["vqa/reference"]
        ),
        "language": example["vqa/language"],
        "group": example["vqa/group"],
        "example_id": tf.where(
            tf.strings.length(question_id) > 0,
            question_id,
            example["image/source_id"],
        ),
    }


def _task(
    name: str,
    metric: Callable[..., metrics.Scores],
    make_text: Callable[..., Example] = answer_in_english,
) -> TaskDefinition:
    """Gives a row of the table; the source has the task's name."""
    objective = Objective(
        features=FEATURES, each="vqa", make_text=make_text, metric_fns=(metric,)
    )
    return TaskDefinition(name=name, source=name, objective=objective)


TASKS = (
    _task("vqav2", metrics.vqa_accuracy_metric),
    _task("okvqa", metrics.vqa_accuracy_metric),
    *with_and_without(_task("textvqa", metrics.vqa_accuracy_metric)),
    *with_and_without(_task("vizwiz_vqa", metrics.vqa_accuracy_metric)),
    *with_and_without(_task("stvqa", metrics.anls_metric)),
    _task("tallyqa", metrics.by_group(metrics.exact_match_metric)),
    _task("xgqa", metrics.exact_match_by_language),
    _task("maxm", metrics.exact_match_by_language, answer_in_its_language),
    _task("vqav2_13l", metrics.vqa_accuracy_metric),
    _task(
        "vqav2_13l_native",
        metrics.exact_match_by_language,
        answer_in_its_language,
    ),
)
