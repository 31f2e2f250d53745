"""Puts the services on a port."""

import concurrent.futures
import dataclasses

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from tensorflow_serving.apis import (
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

from pali_tf.errors import UserError
from serving.server.services import ModelServices
from serving.server.versions import ModelVersions

# Source: tensorflow/serving model_servers/server.cc:397,419-424 @ 9d981c5c.
_MAX_MESSAGE_BYTES = 2**31 - 1
_HEALTH_NAMES = ("", "ModelService", "PredictionService")
_OPTIONS = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    # Two servers on one port would share its requests unseen.
    ("grpc.so_reuseport", 0),
)
_REFLECTED_NAMES = (
    "tensorflow.serving.PredictionService",
    "tensorflow.serving.ModelService",
    "grpc.health.v1.Health",
    reflection.SERVICE_NAME,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """How a server listens.

    Attributes:
        host: "127.0.0.1": this machine only; "0.0.0.0": all networks.
        port: 0: a free one.
        num_threads: requests in work at one time.
        poll_seconds: time between looks for a new version.
    """

    host: str = "127.0.0.1"
    port: int = 8500
    num_threads: int = 4
    poll_seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.num_threads < 1:
            raise UserError(f"num_threads must be >= 1: {self.num_threads}.")
        if self.poll_seconds <= 0:
            raise UserError(f"poll_seconds must be > 0: {self.poll_seconds}.")
        if not 0 <= self.port < 2**16:
            raise UserError(f"port must be in [0, 65535]: {self.port}.")


class PredictServer:
    """A running server; UserError if its port is taken."""

    def __init__(self, versions: ModelVersions, config: ServerConfig):
        self._versions = versions
        self._server = grpc.server(
            concurrent.futures.ThreadPoolExecutor(config.num_threads),
            options=_OPTIONS,
        )
        self._health = health.HealthServicer()
        services = ModelServices(versions)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            services, self._server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            services, self._server
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(_REFLECTED_NAMES, self._server)
        address = f"{config.host}:{config.port}"
        try:
            self.port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise UserError(
                f"Cannot listen on {address}: is another server there? "
                "--port=0 takes a free port."
            ) from error
        self._poll_seconds = config.poll_seconds

    def start(self) -> None:
        """Begins to answer, and to look for new versions."""
        self._server.start()
        for name in _HEALTH_NAMES:
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._versions.start_polling(self._poll_seconds)

    def stop(self, grace_seconds: float) -> None:
        """Refuses new requests; after the grace, cuts off those in work."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace_seconds).wait()
        self._versions.close()
