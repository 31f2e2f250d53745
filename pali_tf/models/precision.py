"""The two precisions; standard library only.

bfloat16 means bfloat16 matrix products with float32 parameters, norms, softmax
and logits. float16 is refused: mT5's activations exceed its largest number.
"""

from pali_tf.errors import UserError

_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def keras_policy(dtype: str) -> str:
    """Gives the name of the Keras dtype policy for a precision.

    Raises:
        UserError: another type.

    Example: keras_policy("bfloat16") == "mixed_bfloat16".
    """
    if dtype not in _POLICIES:
        reason = (
            " mT5 overflows in float16; use bfloat16."
            if dtype == "float16"
            else ""
        )
        raise UserError(
            f"dtype is {dtype!r}, not one of {sorted(_POLICIES)}.{reason}"
        )
    return _POLICIES[dtype]
