import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from serving.server.errors import ServingError
from serving.server.tensors import array_from_proto, proto_from_array


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
