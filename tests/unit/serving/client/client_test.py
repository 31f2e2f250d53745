import numpy as np
import pytest
import tensorflow as tf

from serving.client.client import (
    numbers_from_proto,
    proto_from_strings,
    strings_from_proto,
)


def test_strings_there_and_back():
    proto = proto_from_strings(["où".encode(), b""])
    assert tf.make_ndarray(proto).tolist() == ["où".encode(), b""]
    assert strings_from_proto(proto) == ["où", ""]


def test_numbers_in_either_packing():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    packed = tf.make_tensor_proto(array)
    assert packed.tensor_content
    np.testing.assert_array_equal(numbers_from_proto(packed), array)
    typed = tf.make_tensor_proto(np.zeros([2, 3], np.float32))
    typed.tensor_content = b""
    typed.float_val.extend(array.ravel())
    np.testing.assert_array_equal(numbers_from_proto(typed), array)


def test_another_type_is_an_error():
    with pytest.raises(ValueError, match="DT_BOOL"):
        numbers_from_proto(tf.make_tensor_proto([True]))
    with pytest.raises(ValueError, match="DT_INT32"):
        strings_from_proto(tf.make_tensor_proto([1]))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
