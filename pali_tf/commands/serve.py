"""`pali serve`: answers Predict requests for an exported model."""

import argparse
import os
import signal
import threading

from pali_tf import files
from pali_tf.errors import UserError
from serving.signatures import DEFAULT_MODEL_NAME, DEFAULT_PORT


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pali serve", description=__doc__)
    parser.add_argument(
        "--model_base_path",
        required=True,
        type=files.as_path,
        help="the folder whose subfolders are versions: <base>/<name>",
    )
    parser.add_argument("--model_name", default=DEFAULT_MODEL_NAME)
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="0: a free one"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="0.0.0.0 to be reached from other machines",
    )
    parser.add_argument(
        "--num_threads", type=int, default=4, help="requests at one time"
    )
    parser.add_argument(
        "--poll_seconds",
        type=float,
        default=1.0,
        help="time between looks for a new version",
    )
    parser.add_argument(
        "--grace_seconds",
        type=float,
        default=10.0,
        help="time that running requests get after SIGTERM",
    )
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Serves until SIGTERM or SIGINT.

    Raises:
        UserError: the model cannot be loaded, or the port is taken.
        MissingFileError: there is no model.
    """
    options = _parse(argv)
    # TensorFlow logs each refused request otherwise; set before it is loaded.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf
    from absl import logging

    from serving.server.errors import ServingError
    from serving.server.server import PredictServer, ServerConfig
    from serving.server.versions import ModelVersions

    config = ServerConfig(
        host=options.host,
        port=options.port,
        num_threads=options.num_threads,
        poll_seconds=options.poll_seconds,
    )
    logging.set_verbosity(logging.INFO)
    tf.get_logger().setLevel("ERROR")
    # Set before the model loads: a signal meanwhile must not be lost.
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    try:
        versions = ModelVersions(options.model_name, options.model_base_path)
    except ServingError as error:
        raise UserError(error.message) from error
    server = PredictServer(versions, config)
    server.start()
    print(
        f"Serving {options.model_name} version {versions.latest_version} on "
        f"{options.host}:{server.port}",
        flush=True,
    )
    asked_to_stop.wait()
    server.stop(options.grace_seconds)
    print("Stopped.", flush=True)
    return 0
