"""Every objective on every source of the data root, when imported.

For programs that know tasks by their registered names alone:
`seqio_cache_tasks --module_import=seqio_tasks.imported_tasks
--tasks=captioning:my_shop`. The data root is PALI_DATA_DIR.
"""

import seqio

from pali_tf.data.data_root import DataRoot
from seqio_tasks.definition import TaskDefinition
from seqio_tasks.objectives import OBJECTIVES

NAMES = []
for _source in sorted({source for source, _ in DataRoot().splits}):
    for _name, _objective in OBJECTIVES.items():
        _task = TaskDefinition(
            name=f"{_name}:{_source}", source=_source, objective=_objective
        )
        seqio.TaskRegistry.add_provider(_task.name, _task.bind())
        NAMES.append(_task.name)
