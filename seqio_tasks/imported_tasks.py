"""Every objective on every source of the data root, when imported.

For programs that know tasks by their registered names alone:
`seqio_cache_tasks --module_import=seqio_tasks.imported_tasks
--tasks=my_shop_captioning`. The data root is PALI_DATA_DIR.
"""

from pali_tf.data import location
from seqio_tasks import named
from seqio_tasks.objectives import OBJECTIVES

NAMES = tuple(
    named.find(f"{objective}:{source}").name
    for source in sorted(
        {path.parent.name for path in location.data_dir().glob("*/*.info.json")}
    )
    for objective in OBJECTIVES
)
