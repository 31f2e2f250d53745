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
from collections.abc import Callable, Mapping, Sequence

import seqio
import tensorflow as tf

from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import languages, printed_words, prompts
from seqio_tasks.registration import add_task
from seqio_tasks.sources import StoredExamples

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
) -> Example:
    """Makes "Answer in EN: [question] ocr: [words] <extra_id_0>"."""
    made = answer_in_english(example)
    made["inputs"] = printed_words.add_printed_words(
        made["inputs"], example, sequence_length, output_features
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


@dataclasses.dataclass(frozen=True, slots=True)
class _Benchmark:
    """A row of the table; the source has the task's name."""

    name: str
    metric_fns: Sequence[Callable[..., metrics.Scores]]
    make_text: Callable[..., Example] = answer_in_english


_BENCHMARKS = (
    _Benchmark("vqav2", [metrics.vqa_accuracy_metric]),
    _Benchmark("okvqa", [metrics.vqa_accuracy_metric]),
    _Benchmark("textvqa", [metrics.vqa_accuracy_metric], answer_with_words),
    _Benchmark("vizwiz_vqa", [metrics.vqa_accuracy_metric], answer_with_words),
    _Benchmark("stvqa", [metrics.anls_metric], answer_with_words),
    _Benchmark("tallyqa", [metrics.by_group(metrics.exact_match_metric)]),
    _Benchmark("xgqa", [metrics.exact_match_by_language]),
    _Benchmark(
        "maxm", [metrics.exact_match_by_language], answer_in_its_language
    ),
    _Benchmark("vqav2_13l", [metrics.vqa_accuracy_metric]),
    _Benchmark(
        "vqav2_13l_native",
        [metrics.exact_match_by_language],
        answer_in_its_language,
    ),
)

for _row in _BENCHMARKS:
    _has_words = _row.make_text is answer_with_words
    _features = [*FEATURES, *(printed_words.FEATURES if _has_words else ())]
    add_task(
        _row.name,
        StoredExamples(_row.name, _features, each="vqa"),
        _row.make_text,
        _row.metric_fns,
    )
    if _has_words:
        add_task(
            f"{_row.name}_without_ocr",
            StoredExamples(_row.name, FEATURES, each="vqa"),
            answer_in_english,
            _row.metric_fns,
        )
