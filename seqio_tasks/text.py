"""Benchmarks of text alone, with mT5's prompts as they are stored.

Source: PaLI, arXiv 2209.06794, appendix (language understanding).
"""

from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import preprocessors
from seqio_tasks.definition import Example, Objective, TaskDefinition

FEATURES = (
    "text_pair/inputs",
    "text_pair/targets",
    "text_pair/reference",
    "text_pair/language",
    "text_pair/id",
)


def transform_text(example: Example) -> Example:
    """Gives a stored pair of texts; without references, its target is one."""
    targets = example["text_pair/targets"]
    return {
        "inputs": example["text_pair/inputs"],
        "targets": targets,
        "references": preprocessors.references(
            targets, example["text_pair/reference"]
        ),
        "language": example["text_pair/language"],
        # The published scores are means over languages.
        "group": example["text_pair/language"],
        "example_id": example["text_pair/id"],
    }


TASKS = tuple(
    TaskDefinition(
        name=name,
        source=source,
        objective=Objective(
            features=FEATURES,
            make_text=transform_text,
            metric_fns=(metric,),
            has_images=False,
        ),
    )
    for name, source, metric in (
        ("xnli", "xnli", metrics.exact_match_by_language),
        ("xquad", "xquad", metrics.by_group(metrics.squad_metric)),
        ("tydiqa", "tydiqa_goldp", metrics.by_group(metrics.squad_metric)),
    )
)
