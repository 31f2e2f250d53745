"""Our own tree as a format: unrolled, and scanned with stacked layers."""

from pali_tf.conversion.name_map import NameMap, Rule
from pali_tf.conversion.transform import IDENTITY, ResizePositions, Transform
from pali_tf.conversion.tree import PARTS

_PATHS = tuple(path for leaves in PARTS.values() for path in leaves)


def _transform(path: str) -> Transform:
    return ResizePositions() if "position_embedding" in path else IDENTITY


# One array a layer: `encoder/layers_3/mlp/wo/kernel` has shape [F, D].
UNROLLED = NameMap(
    name="ours, unrolled",
    rules=tuple(Rule(path, path, _transform(path)) for path in _PATHS),
)

# One for all: `encoder/layers/mlp/wo/kernel` has shape [L, F, D].
SCANNED = NameMap(
    name="ours, scanned",
    rules=tuple(
        Rule(path, path.replace("layers_{}", "layers"), _transform(path))
        for path in _PATHS
    ),
)
