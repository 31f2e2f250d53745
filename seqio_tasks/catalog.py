"""Every task and mixture that has a name of its own."""

from collections.abc import Mapping

from seqio_tasks import captioning, classification, pretraining, text, vqa
from seqio_tasks.definition import TaskDefinition

TASKS: Mapping[str, TaskDefinition] = {
    task.name: task
    for module in (pretraining, captioning, classification, text, vqa)
    for task in module.TASKS
}

# Relative rates by task.
MIXTURES: Mapping[str, Mapping[str, float]] = {
    **pretraining.MIXTURES,
    **captioning.MIXTURES,
    **classification.MIXTURES,
}
