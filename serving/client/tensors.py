"""Between TensorProto and Python, for the types of our signatures."""

from collections.abc import Sequence

import numpy as np

from serving.client.protos import tensor_pb2, types_pb2

_NUMBERS = {
    types_pb2.DT_FLOAT: ("float_val", np.dtype("<f4")),
    types_pb2.DT_INT32: ("int_val", np.dtype("<i4")),
}


def proto_from_strings(values: Sequence[bytes]) -> tensor_pb2.TensorProto:
    """Makes a string[B]."""
    proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=values)
    proto.tensor_shape.dim.add(size=len(values))
    return proto


def strings_from_proto(proto: tensor_pb2.TensorProto) -> list[str]:
    """Reads a string[B] of UTF-8 text."""
    if proto.dtype != types_pb2.DT_STRING:
        raise _type_error(proto)
    return [value.decode("utf-8") for value in proto.string_val]


def numbers_from_proto(proto: tensor_pb2.TensorProto) -> np.ndarray:
    """Reads a float32 or int32 tensor, however a server packs it."""
    if proto.dtype not in _NUMBERS:
        raise _type_error(proto)
    field, dtype = _NUMBERS[proto.dtype]
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if proto.tensor_content:
        return np.frombuffer(proto.tensor_content, dtype).reshape(shape)
    return np.array(getattr(proto, field), dtype).reshape(shape)


def _type_error(proto: tensor_pb2.TensorProto) -> ValueError:
    name = types_pb2.DataType.Name(proto.dtype)
    return ValueError(f"The server sent a tensor of unexpected type {name}.")
