"""The two gRPC services, with TF Serving's messages and codes.

Source: tensorflow/serving model_servers/server.cc:390-397 @ 9d981c5c.
"""

import functools
from collections.abc import Callable
from typing import Any

import grpc
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.server.errors import ServingError, invalid_argument
from serving.server.predict import predict
from serving.server.versions import ModelVersions

_SIGNATURE_DEF = "signature_def"
_LONGEST_SECONDS = 365 * 24 * 3600.0
_Method = Callable[[Any, Any, grpc.ServicerContext], Any]


def _reports_errors(method: _Method) -> _Method:
    """Asks for a model; turns a ServingError into the status of the call."""

    @functools.wraps(method)
    def wrapped(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            if not request.HasField("model_spec"):
                raise invalid_argument("Missing ModelSpec")
            return method(self, request, context)
        except ServingError as error:
            context.abort(error.code, error.message)

    return wrapped


def _unimplemented(name: str, instead: str) -> _Method:
    """Makes a method that says what to call instead."""

    def method(self: Any, request: Any, context: grpc.ServicerContext) -> None:
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"{name} is not supported by this server; {instead}",
        )

    return method


def _seconds_left(context: grpc.ServicerContext) -> float | None:
    # A call without a deadline has one some 300 million years away.
    seconds = context.time_remaining()
    return None if seconds is None or seconds > _LONGEST_SECONDS else seconds


class ModelServices(
    prediction_service_pb2_grpc.PredictionServiceServicer,
    model_service_pb2_grpc.ModelServiceServicer,
):
    """Predict, GetModelMetadata and GetModelStatus on one model."""

    def __init__(self, versions: ModelVersions):
        self._versions = versions

    @_reports_errors
    def Predict(
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Runs a signature."""
        servable = self._versions.get(request.model_spec)
        return predict(servable, request, _seconds_left(context))

    @_reports_errors
    def GetModelMetadata(
        self,
        request: get_model_metadata_pb2.GetModelMetadataRequest,
        context: grpc.ServicerContext,
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Gives the signatures of a model."""
        if not request.metadata_field:
            raise invalid_argument(
                "GetModelMetadataRequest must specify at least one "
                "metadata_field"
            )
        for field in request.metadata_field:
            if field != _SIGNATURE_DEF:
                raise invalid_argument(
                    f"Metadata field {field} is not supported"
                )
        servable = self._versions.get(request.model_spec)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in servable.signatures.items():
            signatures.signature_def[name].CopyFrom(signature)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = servable.name
        response.model_spec.version.value = servable.version
        response.metadata[_SIGNATURE_DEF].Pack(signatures)
        return response

    _USE_PREDICT = "call Predict with image_bytes and prompt."
    Classify = _unimplemented("Classify", _USE_PREDICT)
    Regress = _unimplemented("Regress", _USE_PREDICT)
    MultiInference = _unimplemented("MultiInference", _USE_PREDICT)

    @_reports_errors
    def GetModelStatus(
        self,
        request: get_model_status_pb2.GetModelStatusRequest,
        context: grpc.ServicerContext,
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """Says which versions are loaded, and why one is not."""
        spec = request.model_spec
        statuses = self._versions.statuses()
        if spec.name != self._versions.name:
            raise ServingError(
                grpc.StatusCode.NOT_FOUND,
                f"Could not find any versions of model {spec.name}",
            )
        if spec.WhichOneof("version_choice") == "version_label":
            raise invalid_argument(
                f"Unrecognized servable version label: {spec.version_label}"
            )
        if spec.HasField("version"):
            version = spec.version.value
            statuses = [s for s in statuses if s.version == version]
            if not statuses:
                raise ServingError(
                    grpc.StatusCode.NOT_FOUND,
                    f"Could not find version {version} of model {spec.name}",
                )
        return get_model_status_pb2.GetModelStatusResponse(
            model_version_status=statuses
        )

    HandleReloadConfigRequest = _unimplemented(
        "HandleReloadConfigRequest",
        "a new version under the base path is loaded by itself.",
    )
