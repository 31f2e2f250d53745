"""Types that every package shares; this module imports nothing local."""

from collections.abc import Mapping
from typing import Any, TypeAlias

# An array of whichever framework is at work: jax.Array, tf.Tensor, np.ndarray,
# or what stands for one while a program is traced. Signatures add its type and
# shape: Float[Array, "B T D"].
Array: TypeAlias = Any

# A nested dict; the keys on the way to a leaf, joined by "/", are the path of
# the Keras variable.
Params: TypeAlias = Mapping[str, Any]

# One name (or None: never sharded) for each dimension of an array.
LogicalAxes: TypeAlias = tuple[str | None, ...]

# The features of PaliFeatureConverter, by name.
Batch: TypeAlias = Mapping[str, Array]
