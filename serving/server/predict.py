"""Predict: from a request to a response on one servable.

The checks, their order, codes and messages are TF Serving's.

Source: tensorflow/serving servables/tensorflow/predict_util.cc @ 9d981c5c.
"""

import math
from collections.abc import Iterable

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import predict_pb2

from serving.server.errors import ServingError, invalid_argument
from serving.server.servable import Servable

DEFAULT_SIGNATURE = "serving_default"
# A TensorProto may declare a shape of any size and hold one value for all of
# it. More elements than this in an input is an attack or a mistake.
_MAX_ELEMENTS = 1 << 26


def predict(
    servable: Servable,
    request: predict_pb2.PredictRequest,
    timeout_seconds: float | None = None,
) -> predict_pb2.PredictResponse:
    """Runs one request on the version that its model spec resolved to.

    Raises:
        ServingError: the request does not fit, or the model refused it.
    """
    name = request.model_spec.signature_name or DEFAULT_SIGNATURE
    if name not in servable.signatures:
        raise ServingError(
            grpc.StatusCode.FAILED_PRECONDITION,
            f'Serving signature key "{name}" not found.',
        )
    signature = servable.signatures[name]
    feeds = _feeds(signature, request)
    outputs = _wanted_outputs(signature, request.output_filter)
    arrays = servable.run(
        [signature.outputs[alias].name for alias in outputs],
        feeds,
        timeout_seconds,
    )
    response = predict_pb2.PredictResponse()
    response.model_spec.name = servable.name
    response.model_spec.version.value = servable.version
    response.model_spec.signature_name = name
    for alias, array in zip(outputs, arrays, strict=True):
        response.outputs[alias].CopyFrom(proto_from_array(array))
    return response


def _feeds(
    signature: meta_graph_pb2.SignatureDef, request: predict_pb2.PredictRequest
) -> dict[str, np.ndarray]:
    sent, wanted = set(request.inputs), set(signature.inputs)
    if len(sent) != len(wanted):
        raise invalid_argument(
            "input size does not match signature: "
            f"{len(sent)}!={len(wanted)} "
            f"len({_braces(sent)}) != len({_braces(wanted)}). "
            f"Sent extra: {_braces(sent - wanted)}. "
            f"Missing but required: {_braces(wanted - sent)}."
        )
    feeds = {}
    for index, alias in enumerate(sorted(wanted)):
        info = signature.inputs[alias]
        if alias not in sent:
            raise invalid_argument(
                f"Signature input alias: {alias}(feed name: {info.name}) not "
                "found in request and no default value provided. Inputs "
                f"expected to be in the request {_braces(sent)}"
            )
        proto = request.inputs[alias]
        if proto.dtype != info.dtype:
            raise invalid_argument(
                f"Expects arg[{index}] to be {_type_name(info.dtype)} but "
                f"{_type_name(proto.dtype)} is provided"
            )
        array = array_from_proto(alias, proto)
        _check_shape(alias, array, info)
        feeds[info.name] = array
    return feeds


def _check_shape(
    alias: str, array: np.ndarray, info: meta_graph_pb2.TensorInfo
) -> None:
    # The stock server leaves this to the graph, whose message names no input.
    if info.tensor_shape.unknown_rank:
        return
    shape = tf.TensorShape(
        [None if d.size < 0 else d.size for d in info.tensor_shape.dim]
    )
    if not shape.is_compatible_with(array.shape):
        raise invalid_argument(
            f"{alias} has shape {tuple(array.shape)}, the signature takes "
            f"{tuple(shape.as_list())}; None is the batch."
        )


def _wanted_outputs(
    signature: meta_graph_pb2.SignatureDef, output_filter: Iterable[str]
) -> list[str]:
    wanted: list[str] = []
    for alias in output_filter:
        if alias not in signature.outputs:
            raise invalid_argument(
                f"output tensor alias not found in signature: {alias} Outputs "
                f"expected to be in the set {_braces(signature.outputs)}."
            )
        if alias in wanted:
            raise invalid_argument(f"duplicate output tensor alias: {alias}")
        wanted.append(alias)
    return wanted or sorted(signature.outputs)


def _braces(names: Iterable[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"


def _type_name(dtype: int) -> str:
    # "DT_FLOAT" -> "float", as in C++; Python's own name is "float32".
    if dtype not in types_pb2.DataType.values():
        return f"a type without a name ({dtype})"
    return types_pb2.DataType.Name(dtype).removeprefix("DT_").lower()


def array_from_proto(alias: str, proto: tensor_pb2.TensorProto) -> np.ndarray:
    """Reads the input that is called `alias`; strings are bytes objects.

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
