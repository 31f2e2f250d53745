"""PaLI's tasks and mixtures, registered with SeqIO when imported.

In SeqIO's registries they read the data of PALI_DATA_DIR, for SeqIO's own
programs. A run has its own (`named.find`), which are in no registry.
"""

import seqio

from seqio_tasks import catalog

for _number, _task in enumerate(catalog.TASKS.values()):
    seqio.TaskRegistry.add_provider(_task.name, _task.bind(task_id=_number))
for _name, _rates in catalog.MIXTURES.items():
    seqio.MixtureRegistry.add(_name, list(_rates.items()))
