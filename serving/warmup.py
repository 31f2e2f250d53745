"""Requests stored beside a model, which a server runs before it serves.

TensorFlow builds and optimises parts of a graph at its first call, which
without this the first user would wait for.
"""

from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.server.errors import invalid_argument
from serving.server.predict import predict
from serving.server.servable import Servable
from serving.signatures import IMAGE_BYTES, SIGNATURES, WARMUP_FILE, Signature

_SIDE = 96  # Resized by every model, as a user's image is.
# Source: tensorflow/serving servables/tensorflow/saved_model_warmup_util.h:32.
_MAX_REQUESTS = 1000


def write_warmup_requests(path: Path, model_name: str) -> int:
    """Writes one request for each signature.

    A failing one would keep the model from being served, so the texts are
    empty: they fit any length.

    Returns:
        How many were written.
    """
    file = path / WARMUP_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    grey = tf.fill([_SIDE, _SIDE, 3], tf.constant(128, tf.uint8))
    image = tf.io.encode_jpeg(grey).numpy()
    with tf.io.TFRecordWriter(str(file)) as writer:
        for signature in SIGNATURES.values():
            log = prediction_log_pb2.PredictionLog()
            log.predict_log.request.CopyFrom(
                _request(signature, model_name, image)
            )
            writer.write(log.SerializeToString(deterministic=True))
    return len(SIGNATURES)


def _request(
    signature: Signature, model_name: str, image: bytes
) -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature.name
    for info in signature.inputs:
        value = image if info == IMAGE_BYTES else b""
        request.inputs[info.name].CopyFrom(tf.make_tensor_proto([value]))
    return request


def run_warmup_requests(servable: Servable) -> int:
    """Runs the stored requests of a version; gives how many there were.

    Raises:
        ServingError: one failed, so the version must not serve.
    """
    path = servable.path / WARMUP_FILE
    if not path.is_file():
        return 0
    num_requests = 0
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        try:
            log = prediction_log_pb2.PredictionLog.FromString(record)
        except DecodeError as error:
            raise invalid_argument(
                f"{path}: record {num_requests} is not a PredictionLog."
            ) from error
        if log.WhichOneof("log_type") != "predict_log":
            raise invalid_argument(
                f"{path} holds a {log.WhichOneof('log_type')}; this server "
                "runs predict_log records only."
            )
        if num_requests == _MAX_REQUESTS:
            raise invalid_argument(
                f"{path} holds more than {_MAX_REQUESTS} requests."
            )
        predict(servable, log.predict_log.request)
        num_requests += 1
    return num_requests
