import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.server.servable import Servable
from serving.signatures import SIGNATURES, WARMUP_FILE
from serving.warmup import run_warmup_requests, write_warmup_requests
from tests.support import toy_saved_model


@pytest.fixture
def path(tmp_path):
    path = toy_saved_model.write(tmp_path, 1)
    write_warmup_requests(path, "pali")
    return path


def test_one_record_a_signature(path):
    requests = [
        prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        for record in tf.data.TFRecordDataset(
            str(path / WARMUP_FILE)
        ).as_numpy_iterator()
    ]
    assert [r.model_spec.signature_name for r in requests] == list(SIGNATURES)
    for request in requests:
        signature = SIGNATURES[request.model_spec.signature_name]
        assert request.model_spec.name == "pali"
        assert set(request.inputs) == {info.name for info in signature.inputs}
        [image] = tf.make_ndarray(request.inputs["image_bytes"])
        assert tf.io.decode_jpeg(image).shape == (96, 96, 3)


def test_a_server_can_run_them(path):
    assert run_warmup_requests(Servable("pali", 1, path)) == 3


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
