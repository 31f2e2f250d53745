"""Benchmarks of questions about images.

| task and source  | answers in   | metrics                 |
|------------------|--------------|-------------------------|
| vqav2            | English      | VQA accuracy            |
| okvqa            | English      | VQA accuracy            |
| textvqa          | English      | VQA accuracy            |
| vizwiz_vqa       | English      | VQA accuracy            |
| stvqa            | English      | ANLS                    |
| tallyqa          | English      | exact match, by kind    |
| xgqa             | English      | exact match by language |
| maxm             | its language | exact match by language |
| vqav2_13l        | English      | VQA accuracy            |
| vqav2_13l_native | its language | exact match by language |

TextVQA, VizWiz and ST-VQA give printed words as input; `<task>_without_ocr`
does not. An example is a question. Its target is the answer that was given most
often, its references are all of them; a test split has none.

Source: PaLI, arXiv 2209.06794, section 4.2 and appendix.
"""

import dataclasses
from collections.abc import Callable, Mapping

import seqio
import tensorflow as tf

from pali_tf.data.task_choices import TaskChoices
from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import languages, printed_words, prompts
from seqio_tasks.definition import Objective, TaskDefinition

Example = dict[str, tf.Tensor]

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


def answer_with_words(
    example: Example,
    sequence_length: Mapping[str, int],
    output_features: Mapping[str, seqio.Feature],
    choices: TaskChoices = TaskChoices(),
) -> Example:
    """Makes "Answer in EN: [question] ocr: [words] <extra_id_0>"."""
    made = answer_in_english(example)
    made["inputs"] = printed_words.add_printed_words(
        made["inputs"], example, sequence_length, output_features, choices
    )
    return made


def _answer(example: Example, answer_language: tf.Tensor) -> Example:
    answer, references = example["vqa/answer"], example["vqa/reference"]
    is_known = tf.strings.length(answer) > 0
    question_id = example["vqa/question_id"]
    return {
        "inputs": prompts.answer_in(
            languages.prompt_code(answer_language), example["vqa/question"]
        ),
        "targets": answer,
        "references": tf.cond(
            tf.logical_and(is_known, tf.size(references) == 0),
            lambda: answer[None],
            lambda: references,
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


def _with_and_without_words(
    name: str, metric: Callable[..., metrics.Scores]
) -> tuple[TaskDefinition, TaskDefinition]:
    without = _task(name, metric)
    with_words = dataclasses.replace(
        without.objective,
        features=(*FEATURES, *printed_words.FEATURES),
        make_text=answer_with_words,
    )
    return (
        dataclasses.replace(without, objective=with_words),
        dataclasses.replace(without, name=f"{name}_without_ocr"),
    )


TASKS = (
    _task("vqav2", metrics.vqa_accuracy_metric),
    _task("okvqa", metrics.vqa_accuracy_metric),
    *_with_and_without_words("textvqa", metrics.vqa_accuracy_metric),
    *_with_and_without_words("vizwiz_vqa", metrics.vqa_accuracy_metric),
    *_with_and_without_words("stvqa", metrics.anls_metric),
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
