"""Zero-shot classification: ImageNet and its variants.

"Generate alt_text in EN at 2: Photo of <extra_id_0>" is answered by the class
whose name the decoder finds the likeliest, among all names of the split: the
evaluator ranks them for every task with a top-k metric.

Source: PaLI, arXiv 2209.06794, section 4.4 and appendix.
"""

import tensorflow as tf

from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import prompts
from seqio_tasks.definition import Example, Objective, TaskDefinition

_LABEL = "label/text"
_SOURCES = (
    "imagenet",
    "imagenet_v2",
    "imagenet_r",
    "imagenet_a",
    "imagenet_sketch",
    "objectnet",
)


def name_class(example: Example) -> Example:
    """Makes the prompt of a photo; any of its labels is right."""
    return {
        "inputs": tf.constant(prompts.PHOTO_OF),
        "targets": example[_LABEL][0],
        "references": example[_LABEL],
        "language": tf.constant("en"),
    }


OBJECTIVE = Objective(
    features=(_LABEL,),
    requires=_LABEL,
    make_text=name_class,
    metric_fns=(metrics.top_1_metric, metrics.top_5_metric),
)

TASKS = tuple(
    TaskDefinition(
        name=f"{source}_zeroshot", source=source, objective=OBJECTIVE
    )
    for source in _SOURCES
)

MIXTURES = {"zeroshot_classification": {task.name: 1 for task in TASKS}}
