"""The server on a real port, against the codes and messages of TF Serving."""

import os
import re
import signal
import subprocess
import sys
import time

import grpc
import numpy as np
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from pali_tf.commands import ask
from serving.client.client import PaliClient, ServerError
from serving.server.server import PredictServer, ServerConfig
from serving.server.versions import ModelVersions
from tests.support import toy_saved_model
from tests.support.toy_saved_model import JPEG

_INVALID = grpc.StatusCode.INVALID_ARGUMENT
_NOT_FOUND = grpc.StatusCode.NOT_FOUND


@pytest.fixture(scope="module")
def base_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("toy")
    toy_saved_model.write(path, 3)
    return path


@pytest.fixture(scope="module")
def address(base_path):
    server = PredictServer(
        ModelVersions("default", base_path), ServerConfig(port=0)
    )
    server.start()
    yield f"localhost:{server.port}"
    server.stop(grace_seconds=1)


@pytest.fixture
def channel(address):
    with grpc.insecure_channel(address) as channel:
        yield channel


@pytest.fixture
def predictor(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def _request(name="default", signature="", output_filter=(), **inputs):
    request = predict_pb2.PredictRequest(output_filter=output_filter)
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    for alias, value in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return request


def _good(**overrides):
    return _request(**({"image_bytes": [JPEG], "prompt": ["hi"]} | overrides))


def _at_version(version):
    request = _good()
    request.model_spec.version.value = version
    return request


def _labelled():
    request = _good()
    request.model_spec.version_label = "canary"
    return request


def _check_error(call, request, code, pattern):
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=10)
    assert caught.value.code() == code
    assert re.search(pattern, caught.value.details())


# Source: the table of TF Serving's messages at 9d981c5c.
_PREDICT_ERRORS = {
    "no spec": (predict_pb2.PredictRequest(), _INVALID, "^Missing ModelSpec$"),
    "no name": (
        _good(name=""),
        _INVALID,
        r"^ModelSpec has no name specified\.$",
    ),
    "unknown model": (
        _good(name="nope"),
        _NOT_FOUND,
        r"^Servable not found for request: Latest\(nope\)$",
    ),
    "unknown version": (
        _at_version(7),
        _NOT_FOUND,
        r"^Servable not found for request: Specific\(default, 7\)$",
    ),
    "unknown label": (
        _labelled(),
        _INVALID,
        "^Unrecognized servable version label: canary$",
    ),
    "unknown signature": (
        _good(signature="nosig"),
        grpc.StatusCode.FAILED_PRECONDITION,
        r'^Serving signature key "nosig" not found\.$',
    ),
    "no inputs": (
        _request(signature="embed"),
        _INVALID,
        r"^input size does not match signature: 0!=1 len\(\{\}\) != "
        r"len\(\{image_bytes\}\)\. Sent extra: \{\}\. Missing but required: "
        r"\{image_bytes\}\.$",
    ),
    "an input too many": (
        _good(z=[1.0]),
        _INVALID,
        r"^input size does not match signature: 3!=2 "
        r"len\(\{image_bytes,prompt,z\}\) != len\(\{image_bytes,prompt\}\)\. "
        r"Sent extra: \{z\}\. Missing but required: \{\}\.$",
    ),
    "a misnamed input": (
        _request(signature="embed", z=[JPEG]),
        _INVALID,
        r"^Signature input alias: image_bytes\(feed name: \S+:0\) not found "
        r"in request and no default value provided\. Inputs expected to be "
        r"in the request \{z\}",
    ),
    "an unknown output": (
        _good(output_filter=["q"]),
        _INVALID,
        r"^output tensor alias not found in signature: q Outputs expected to "
        r"be in the set \{score,text\}\.$",
    ),
    "an output twice": (
        _good(output_filter=["text", "text"]),
        _INVALID,
        "^duplicate output tensor alias: text$",
    ),
    "another type": (
        _good(image_bytes=[1.0]),
        _INVALID,
        r"Expects arg\[0\] to be string but float is provided",
    ),
    "another shape": (
        _good(prompt=[["hi"]]),
        _INVALID,
        r"^prompt has shape \(1, 1\), the signature takes \(None,\)",
    ),
    "what the model refuses": (
        _good(image_bytes=[JPEG, b"text"], prompt=["a", "b"]),
        _INVALID,
        f"^{re.escape(toy_saved_model.NOT_A_JPEG)}$",
    ),
}


@pytest.mark.parametrize("case", _PREDICT_ERRORS)
def test_predict_errors(predictor, case):
    _check_error(predictor.Predict, *_PREDICT_ERRORS[case])
    # ... and the server keeps serving.
    outputs = predictor.Predict(_good(), timeout=10).outputs
    assert tf.make_ndarray(outputs["text"]).tolist() == [b"echo: hi"]


def test_predict_names_what_answered(predictor):
    response = predictor.Predict(_good(output_filter=["score"]), timeout=10)
    assert list(response.outputs) == ["score"]
    spec = response.model_spec
    assert (spec.name, spec.version.value) == ("default", 3)
    assert spec.signature_name == "serving_default"
    assert predictor.Predict(_at_version(3), timeout=10).outputs


def test_a_call_without_a_deadline(predictor):
    assert predictor.Predict(_good()).outputs


def test_metadata(predictor):
    request = get_model_metadata_pb2.GetModelMetadataRequest(
        metadata_field=["signature_def"]
    )
    request.model_spec.name = "default"
    response = predictor.GetModelMetadata(request, timeout=10)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert {"serving_default", "score", "embed"} <= set(
        signatures.signature_def
    )
    assert response.model_spec.version.value == 3


@pytest.mark.parametrize(
    ("name", "fields", "code", "pattern"),
    [
        (
            "default",
            [],
            _INVALID,
            "^GetModelMetadataRequest must specify at least one "
            "metadata_field$",
        ),
        ("default", ["foo"], _INVALID, "^Metadata field foo is not supported$"),
        (None, ["signature_def"], _INVALID, "^Missing ModelSpec$"),
        (
            "nope",
            ["signature_def"],
            _NOT_FOUND,
            r"^Servable not found for request: Latest\(nope\)$",
        ),
    ],
)
def test_metadata_errors(predictor, name, fields, code, pattern):
    request = get_model_metadata_pb2.GetModelMetadataRequest(
        metadata_field=fields
    )
    if name is not None:
        request.model_spec.name = name
    _check_error(predictor.GetModelMetadata, request, code, pattern)


def test_status(channel):
    models = model_service_pb2_grpc.ModelServiceStub(channel)
    request = get_model_status_pb2.GetModelStatusRequest()
    _check_error(
        models.GetModelStatus, request, _INVALID, "^Missing ModelSpec$"
    )
    request.model_spec.name = "nope"
    _check_error(
        models.GetModelStatus,
        request,
        _NOT_FOUND,
        "^Could not find any versions of model nope$",
    )
    request.model_spec.name = "default"
    [status] = models.GetModelStatus(request, timeout=10).model_version_status
    assert (status.version, status.state) == (3, status.AVAILABLE)
    request.model_spec.version.value = 9
    _check_error(
        models.GetModelStatus,
        request,
        _NOT_FOUND,
        "^Could not find version 9 of model default$",
    )


def test_what_is_not_supported_says_so(predictor, channel):
    models = model_service_pb2_grpc.ModelServiceStub(channel)
    for call, request in (
        (predictor.Classify, classification_pb2.ClassificationRequest()),
        (predictor.Regress, regression_pb2.RegressionRequest()),
        (predictor.MultiInference, inference_pb2.MultiInferenceRequest()),
        (
            models.HandleReloadConfigRequest,
            model_management_pb2.ReloadConfigRequest(),
        ),
    ):
        _check_error(
            call, request, grpc.StatusCode.UNIMPLEMENTED, "is not supported"
        )


def test_health(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    for service in ("", "ModelService", "PredictionService"):
        answer = stub.Check(
            health_pb2.HealthCheckRequest(service=service), timeout=10
        )
        assert answer.status == answer.SERVING


def test_the_client_asks_all_signatures(address):
    with PaliClient(address, model_name="default") as client:
        answers = client.predict([JPEG, JPEG], ["où", "b"])
        assert [a.text for a in answers] == ["echo: où", "echo: b"]
        [scored] = client.score([JPEG], ["a"], ["bc"])
        assert (scored.score, scored.num_tokens) == (-1.0, 2)
        tokens = client.embed([JPEG])
        np.testing.assert_array_equal(
            tokens, np.full([1, 4, 2], len(JPEG), np.float32)
        )
        with pytest.raises(ServerError, match="is not a JPEG") as caught:
            client.predict([JPEG, b"no"], ["a", "b"])
        assert caught.value.code == _INVALID


def test_an_image_above_grpc_s_own_limit(address):
    big = JPEG + b"\0" * (5 << 20)
    with PaliClient(address, model_name="default") as client:
        assert client.predict([big], ["a"])[0].text == "echo: a"


def test_ask(address, tmp_path, capsys):
    image = tmp_path / "a.jpg"
    image.write_bytes(JPEG)
    arguments = [
        f"--image={image}",
        "--prompt=hi",
        f"--server={address}",
        "--model_name=default",
    ]
    assert ask.main(arguments) == 0
    assert capsys.readouterr().out == "text: echo: hi\nscore: -2.0\n"
    assert ask.main([*arguments, "--json"]) == 0
    assert capsys.readouterr().out == '{"text": "echo: hi", "score": -2.0}\n'
    assert ask.main([*arguments, "--model_name=nope"]) == 2
    assert "NOT_FOUND: Servable not found" in capsys.readouterr().err


def test_a_taken_port_is_named(address, base_path):
    port = int(address.split(":")[1])
    with pytest.raises(ValueError, match=f"Cannot listen on 127.0.0.1:{port}"):
        PredictServer(
            ModelVersions("default", base_path), ServerConfig(port=port)
        )


def test_the_program_serves_picks_up_a_version_and_stops(tmp_path):
    toy_saved_model.write(tmp_path, 1, "first")
    program = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pali_tf.cli",
            "serve",
            f"--model_base_path={tmp_path}",
            "--port=0",
            "--poll_seconds=0.1",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
    )
    try:
        line = program.stdout.readline()
        assert line.startswith("Serving pali version 1 on 127.0.0.1:")
        with PaliClient(f"localhost:{line.rsplit(':')[-1].strip()}") as client:
            assert client.predict([JPEG], ["x"])[0].text == "first: x"
            toy_saved_model.write(tmp_path, 2, "second")
            _wait_for(
                lambda: client.predict([JPEG], ["x"])[0].text == "second: x"
            )
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=20) == 0
        assert program.stdout.read() == "Stopped.\n"
    finally:
        program.kill()
        program.wait()


def _wait_for(is_so, timeout_seconds=20.0):
    give_up = time.monotonic() + timeout_seconds
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.1)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
