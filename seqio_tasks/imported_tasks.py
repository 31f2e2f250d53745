"""Every objective on every source of the data root, and in every language.

Importing this registers them, for programs that know tasks by name alone:
`seqio_cache_tasks --module_import=seqio_tasks.imported_tasks
--tasks=captioning:my_shop:fr`. The data root is PALI_DATA_DIR.
"""

import seqio

from pali_tf.data.data_root import DataRoot
from seqio_tasks import named
from seqio_tasks.objectives import OBJECTIVES

# No name of SeqIO's has a hyphen.
_CODES = sorted(code for code in named.LANGUAGES if "-" not in code)
_SOURCES = sorted({source for source, _ in DataRoot().splits})
NAMES = [
    f"{name}:{source}{language}"
    for source in _SOURCES
    for name, objective in OBJECTIVES.items()
    for language in ("", *(f":{code}" for code in _CODES))
    if objective.has_languages or not language
]
for _name in NAMES:
    seqio.TaskRegistry.add_provider(_name, named.find(_name).tasks[0])
