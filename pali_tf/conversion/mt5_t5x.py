"""mT5 as T5X names it, with scanned layers.

Unscanned (`examples/t5`), T5X's names are ours. With scanned layers
(`examples/scalable_t5`, param_scan_axis=1) the layers of a stack lie along
the second axis, below the stack's name said twice; heads and their width are
apart; and every layer has a position table of its own, of which our model has
one. mT5 has one as well, so they are equal unless the model is another (umT5),
which is then refused.

Source: google-research/t5x examples/scalable_t5/network.py, Encoder, Decoder
and EncoderLayer's `relpos_bias`;
layers.py, MultiHeadDotProductAttention.
"""

from pali_tf.conversion.name_map import NameMap, Rule
from pali_tf.conversion.transform import IDENTITY, JoinHeads
from pali_tf.conversion.tree import PARTS

_SCAN_AXIS = 1


def _rule(path: str) -> Rule:
    stack = path.split("/")[0]
    if "relpos_bias" in path:
        theirs = path.replace(stack, f"{stack}/{stack}", 1)
        return Rule(path, theirs, layers_axis=_SCAN_AXIS, repeated=True)
    theirs = path.replace(f"{stack}/layers_{{}}", f"{stack}/{stack}")
    transform = IDENTITY
    if "attention/" in path:
        axis = 0 if path.endswith("out/kernel") else 1
        transform = JoinHeads(axis, is_language=True)
    return Rule(path, theirs, transform, layers_axis=_SCAN_AXIS)


SCALABLE = NameMap(
    name="T5X, scanned layers",
    rules=tuple(_rule(path) for path in PARTS["language"]),
)
