"""The stock server's own files say what its messages can hold."""

import pathlib

import pytest
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)
from tensorflow_serving.config import model_server_config_pb2

from serving.signatures import DEFAULT_MODEL_NAME

CONFIG = pathlib.Path(__file__).parents[3] / "serving" / "config"
_INT64_VALUE = ".google.protobuf.Int64Value"
_FIELD = descriptor_pb2.FieldDescriptorProto


def _message(name, **fields):
    """Makes a message that tensorflow-serving-api has no module for."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{name}.proto", package="stock", syntax="proto3"
    )
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    owners = {"": file.message_type.add(name=name)}
    for number, (path, kind) in enumerate(fields.items(), start=1):
        owner, _, field = path.rpartition("__")
        if owner and owner not in owners:
            owners[owner] = file.message_type.add(name=owner)
            owners[""].field.add(
                name=owner,
                number=100 + number,
                type=_FIELD.TYPE_MESSAGE,
                type_name=f".stock.{owner}",
                label=_FIELD.LABEL_OPTIONAL,
            )
        added = owners[owner].field.add(
            name=field, number=number, label=_FIELD.LABEL_OPTIONAL
        )
        if isinstance(kind, str):
            added.type, added.type_name = _FIELD.TYPE_MESSAGE, kind
        else:
            added.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName(f"stock.{name}")
    )()


def test_the_model_is_the_client_s_default():
    config = text_format.Parse(
        (CONFIG / "models.config").read_text(),
        model_server_config_pb2.ModelServerConfig(),
    )
    [model] = config.model_config_list.config
    assert model.name == DEFAULT_MODEL_NAME
    assert model.base_path == f"/models/{DEFAULT_MODEL_NAME}"
    assert model.model_version_policy.latest.num_versions == 1


def test_batching_parameters():
    # Source: tensorflow/serving session_bundle_config.proto @ 9d981c5c.
    names = (
        "max_batch_size",
        "batch_timeout_micros",
        "max_enqueued_batches",
        "num_batch_threads",
    )
    parameters = text_format.Parse(
        (CONFIG / "batching_parameters.txt").read_text(),
        _message("BatchingParameters", **dict.fromkeys(names, _INT64_VALUE)),
    )
    assert all(getattr(parameters, name).value > 0 for name in names)


def test_monitoring():
    # Source: tensorflow/serving config/monitoring_config.proto @ 9d981c5c.
    config = text_format.Parse(
        (CONFIG / "monitoring.config").read_text(),
        _message(
            "MonitoringConfig",
            prometheus_config__enable=_FIELD.TYPE_BOOL,
            prometheus_config__path=_FIELD.TYPE_STRING,
        ),
    )
    assert config.prometheus_config.enable
    assert config.prometheus_config.path.startswith("/monitoring")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
