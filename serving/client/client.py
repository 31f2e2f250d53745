"""A client of the exported model's three signatures."""

import dataclasses
from collections.abc import Mapping, Sequence

import grpc
import numpy as np

from pali_tf.errors import UserError
from serving.client.protos import (
    predict_pb2,
    service_grpc,
    tensor_pb2,
    types_pb2,
)
from serving.signatures import (
    ANSWER_SIGNATURE,
    DEFAULT_MODEL_NAME,
    DEFAULT_SERVER,
    EMBED_SIGNATURE,
    IMAGE_BYTES,
    NUM_TOKENS,
    PROMPT,
    SCORE,
    SCORE_SIGNATURE,
    TARGET,
    TEXT,
    VISUAL_TOKENS,
    Signature,
)

# gRPC's own limit, 4 MiB, is less than one photograph.
_MAX_MESSAGE_BYTES = 2**31 - 1
_OPTIONS = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
)

# The field of each type, and its values.
_NUMBERS = {
    types_pb2.DT_FLOAT: ("float_val", np.dtype("<f4")),
    types_pb2.DT_INT32: ("int_val", np.dtype("<i4")),
}


class ServerError(RuntimeError):
    """The server refused a request, or did not answer."""

    def __init__(self, code: grpc.StatusCode, message: str):
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """What the model says; `score` is the text's log-probability."""

    text: str
    score: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class TargetScore:
    """Log-probability of a target, summed over `num_tokens` tokens."""

    score: float
    num_tokens: int


class PaliClient:
    """Talks to one model on one server, "host:port"; also TF Serving's own.

    A call may take `timeout_seconds`.

    Example:
        with PaliClient("localhost:8500") as client:
            answers = client.predict([image_bytes], ["Generate the alt_text
                in en at 0: "])
    """

    def __init__(
        self,
        server: str = DEFAULT_SERVER,
        *,
        model_name: str = DEFAULT_MODEL_NAME,
        timeout_seconds: float = 60.0,
    ):
        if timeout_seconds <= 0:
            raise UserError(
                f"timeout_seconds must be > 0, got {timeout_seconds}."
            )
        self.server = server
        self.model_name = model_name
        self.timeout_seconds = timeout_seconds
        self._channel = grpc.insecure_channel(server, options=_OPTIONS)
        self._stub = service_grpc.PredictionServiceStub(self._channel)

    def predict(
        self, images: Sequence[bytes], prompts: Sequence[str]
    ) -> list[Answer]:
        """Asks a prompt about each image, a whole JPEG or PNG file.

        Raises:
            ServerError: the server's code and message.
            UserError: the numbers of images and prompts differ.
        """
        outputs = self._call(
            ANSWER_SIGNATURE,
            {IMAGE_BYTES.name: images, PROMPT.name: _utf8(prompts)},
        )
        texts = strings_from_proto(outputs[TEXT.name])
        scores = numbers_from_proto(outputs[SCORE.name])
        return [
            Answer(text=text, score=float(score))
            for text, score in zip(texts, scores, strict=True)
        ]

    def score(
        self,
        images: Sequence[bytes],
        prompts: Sequence[str],
        targets: Sequence[str],
    ) -> list[TargetScore]:
        """Asks how likely the given answer to each image's prompt is.

        Raises:
            ServerError: the server's code and message.
            UserError: the numbers of inputs differ.
        """
        outputs = self._call(
            SCORE_SIGNATURE,
            {
                IMAGE_BYTES.name: images,
                PROMPT.name: _utf8(prompts),
                TARGET.name: _utf8(targets),
            },
        )
        scores = numbers_from_proto(outputs[SCORE.name])
        counts = numbers_from_proto(outputs[NUM_TOKENS.name])
        return [
            TargetScore(score=float(score), num_tokens=int(count))
            for score, count in zip(scores, counts, strict=True)
        ]

    def embed(self, images: Sequence[bytes]) -> np.ndarray:
        """Gives the visual tokens, float32[B, P, D].

        Raises:
            ServerError: the server's code and message.
        """
        outputs = self._call(EMBED_SIGNATURE, {IMAGE_BYTES.name: images})
        return numbers_from_proto(outputs[VISUAL_TOKENS.name])

    def close(self) -> None:
        """Closes the connection."""
        self._channel.close()

    def __enter__(self) -> "PaliClient":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _call(
        self, signature: Signature, inputs: Mapping[str, Sequence[bytes]]
    ) -> Mapping[str, tensor_pb2.TensorProto]:
        counts = {name: len(values) for name, values in inputs.items()}
        if len(set(counts.values())) != 1:
            raise ValueError(f"The numbers of inputs differ: {counts}.")
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self.model_name
        request.model_spec.signature_name = signature.name
        for name, values in inputs.items():
            request.inputs[name].CopyFrom(proto_from_strings(values))
        try:
            return self._stub.Predict(
                request, timeout=self.timeout_seconds
            ).outputs
        except grpc.RpcError as error:
            raise self._server_error(error) from error

    def _server_error(self, error: grpc.RpcError) -> ServerError:
        code, message = error.code(), error.details() or ""
        if code == grpc.StatusCode.UNAVAILABLE:
            message = (
                f"no answer from {self.server}; is a server running there? "
                f"`pali serve` starts one. ({message})"
            )
        elif code == grpc.StatusCode.DEADLINE_EXCEEDED:
            message = (
                f"no answer within {self.timeout_seconds} s; raise "
                f"timeout_seconds, or send fewer images. ({message})"
            )
        return ServerError(code, message)


def _utf8(texts: Sequence[str]) -> list[bytes]:
    return [text.encode("utf-8") for text in texts]


def proto_from_strings(values: Sequence[bytes]) -> tensor_pb2.TensorProto:
    """Makes a string[B]."""
    proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=values)
    proto.tensor_shape.dim.add(size=len(values))
    return proto


def strings_from_proto(proto: tensor_pb2.TensorProto) -> list[str]:
    """Reads a string[B] of UTF-8 text."""
    if proto.dtype != types_pb2.DT_STRING:
        raise _type_error(proto)
    return [value.decode("utf-8") for value in proto.string_val]


def numbers_from_proto(proto: tensor_pb2.TensorProto) -> np.ndarray:
    """Reads a float32 or int32 tensor, however a server packs it."""
    if proto.dtype not in _NUMBERS:
        raise _type_error(proto)
    field, dtype = _NUMBERS[proto.dtype]
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if proto.tensor_content:
        return np.frombuffer(proto.tensor_content, dtype).reshape(shape)
    return np.array(getattr(proto, field), dtype).reshape(shape)


def _type_error(proto: tensor_pb2.TensorProto) -> ValueError:
    name = types_pb2.DataType.Name(proto.dtype)
    return ValueError(f"The server sent a tensor of unexpected type {name}.")
