import time

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2

from serving.server.errors import ServingError
from serving.server.predict import (
    array_from_proto,
    predict,
    proto_from_array,
)
from serving.server.servable import Servable
from tests.support import toy_saved_model


@pytest.fixture(scope="module")
def servable(tmp_path_factory):
    path = toy_saved_model.write(tmp_path_factory.mktemp("toy"), 5)
    return Servable("toy", 5, path)


def _request(signature, **inputs):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "toy"
    request.model_spec.signature_name = signature
    for alias, value in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return request


def test_an_empty_batch(servable):
    empty = tf.constant([], tf.string)
    response = predict(servable, _request("embed", image_bytes=empty))
    tokens = tf.make_ndarray(response.outputs["visual_tokens"])
    assert tokens.shape == (0, 4, 2)


def test_a_deadline_ends_the_graph(servable):
    start = time.monotonic()
    with pytest.raises(ServingError) as caught:
        predict(servable, _request("slow"), timeout_seconds=0.2)
    assert caught.value.code == grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - start < 10


def test_a_type_without_a_name_is_refused(servable):
    request = _request("embed", image_bytes=[b"x"])
    request.inputs["image_bytes"].dtype = 4242
    with pytest.raises(ServingError, match="a type without a name"):
        predict(servable, request)


@pytest.mark.parametrize(
    "array",
    [
        np.array([b"a", b"\xff\x00"], object),
        np.array([], object),
        np.array([[1.5, -2.0]], np.float32),
        np.array([3, 4], np.int32),
        np.array([3, 4], np.int64),
    ],
    ids=["strings", "no strings", "float32", "int32", "int64"],
)
def test_there_and_back(array):
    proto = proto_from_array(array)
    np.testing.assert_array_equal(tf.make_ndarray(proto), array)
    np.testing.assert_array_equal(array_from_proto("x", proto), array)


def test_outputs_are_in_typed_fields_as_tf_serving_sends_them():
    proto = proto_from_array(np.array([1.5], np.float32))
    assert list(proto.float_val) == [1.5]
    assert not proto.tensor_content


@pytest.mark.parametrize("size", [-1, 1 << 40])
def test_an_absurd_shape_is_refused(size):
    proto = tensor_pb2.TensorProto(dtype=tf.string.as_datatype_enum)
    proto.tensor_shape.dim.add(size=size)
    proto.string_val.append(b"x")
    with pytest.raises(ServingError, match="^tensor parsing error: prompt$"):
        array_from_proto("prompt", proto)


def test_content_of_the_wrong_length_is_refused():
    proto = tf.make_tensor_proto(np.zeros(4, np.float32))
    proto.tensor_content = b"abc"
    with pytest.raises(ServingError, match="^tensor parsing error: x$"):
        array_from_proto("x", proto)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
