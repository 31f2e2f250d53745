import time

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from serving.server.errors import ServingError
from serving.server.predict import predict
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


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
