"""Requests stored beside a model, run once before it serves."""

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import prediction_log_pb2

from serving.server.errors import invalid_argument
from serving.server.predict import predict
from serving.server.servable import Servable
from serving.signatures import WARMUP_FILE

# Source: tensorflow/serving servables/tensorflow/saved_model_warmup_util.h:32.
_MAX_REQUESTS = 1000


def run_warmup_requests(servable: Servable) -> int:
    """Runs the stored requests of a version, if there are any.

    Args:
        servable: loaded, not yet serving.

    Returns:
        How many were run.

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
