"""Between TensorProto and arrays."""

import math

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from serving.server.errors import ServingError, invalid_argument

# A TensorProto may declare a shape of any size and hold one value for all of
# it. More elements than this in an input is an attack or a mistake.
_MAX_ELEMENTS = 1 << 26


def array_from_proto(alias: str, proto: tensor_pb2.TensorProto) -> np.ndarray:
    """Reads an input.

    Args:
        alias: its name in the request, for the message.
        proto: the tensor.

    Returns:
        The array; bytes objects for strings.

    Raises:
        ServingError: INVALID_ARGUMENT, TF Serving's message.
    """
    dims = [dim.size for dim in proto.tensor_shape.dim]
    if (
        proto.tensor_shape.unknown_rank
        or any(dim < 0 for dim in dims)
        or math.prod(dims) > _MAX_ELEMENTS
    ):
        raise _parsing_error(alias)
    try:
        return tf.make_ndarray(proto)
    except (TypeError, ValueError, IndexError) as error:
        raise _parsing_error(alias) from error


def _parsing_error(alias: str) -> ServingError:
    # Source: tensorflow/serving servables/tensorflow/predict_util.cc.
    return invalid_argument(f"tensor parsing error: {alias}")


def proto_from_array(array: np.ndarray) -> tensor_pb2.TensorProto:
    """Writes an output into the typed fields, as TF Serving does."""
    array = np.asarray(array)
    dtype = (
        tf.string if array.dtype == object else tf.dtypes.as_dtype(array.dtype)
    )
    proto = tensor_pb2.TensorProto(
        dtype=dtype.as_datatype_enum,
        tensor_shape=tf.TensorShape(array.shape).as_proto(),
    )
    if dtype == tf.string:
        proto.string_val.extend(array.ravel())
    elif dtype == tf.float32:
        proto.float_val.extend(array.ravel())
    elif dtype == tf.int32:
        proto.int_val.extend(array.ravel())
    else:
        proto.tensor_content = array.tobytes()
    return proto
