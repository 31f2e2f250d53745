"""Writes the requests that a server runs before a version serves.

TensorFlow builds and optimises parts of a graph at its first call, which
without this the first user would wait for.
"""

from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.signatures import (
    IMAGE_BYTES,
    SIGNATURES,
    WARMUP_FILE,
    Signature,
)

_SIDE = 96  # Resized by every model, as a user's image is.


def write_warmup_requests(path: Path, model_name: str) -> int:
    """Writes one request for each signature.

    A failing one would keep the model from being served, so the texts are
    empty: they fit any length.

    Args:
        path: the SavedModel's folder.
        model_name: under which it will be served.

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
