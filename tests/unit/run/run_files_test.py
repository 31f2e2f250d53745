"""What a run tells about itself."""

import json

import pytest
from jax.sharding import AbstractMesh

from pali_tf.models.functional import VariableSpec
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.run import run_files
from pali_tf.training.freezing import Split
from tests.support import toy_model


def test_model_info_lists_every_parameter_and_the_totals():
    trainer = toy_model.make_trainer()
    text = run_files.model_info(
        toy_model.SPECS, trainer.parameter_shardings, trainer.split
    )
    lines = text.splitlines()
    assert [line.split()[0] for line in lines[:4]] == sorted(toy_model.SPECS)
    (vision,) = [line for line in lines if line.startswith("vision/kernel")]
    assert "(12, 8)" in vision
    assert "float32" in vision
    assert "('patch', 'embed')" in vision
    assert vision.endswith("frozen")
    assert lines[4:] == [
        "trains: 3 arrays, 512 numbers, 2,048 bytes a device",
        "frozen: 1 arrays, 96 numbers, 384 bytes a device",
        "total: 4 arrays, 608 numbers, 2,432 bytes a device",
        "mesh: {'data': 1, 'fsdp': 1, 'model': 1}",
    ]


def test_model_info_tells_what_a_device_holds():
    mesh = AbstractMesh((1, 2, 4), ("data", "fsdp", "model"))
    specs = {"x/kernel": VariableSpec((8, 16), "float32", ("embed", "mlp"))}
    places = PjitPartitioner().parameter_shardings(mesh, specs)
    text = run_files.model_info(
        specs, places, Split(trainable=("x/kernel",), frozen=())
    )
    # 8 / 2 rows, 16 / 4 columns of 4 bytes.
    assert "placed ('fsdp', 'model') " in text
    assert "bytes a device           64  trains" in text
    assert "mesh: {'data': 1, 'fsdp': 2, 'model': 4}" in text


def test_environment(tmp_path):
    run_files.write_environment(tmp_path, step={"examples": 8})
    told = json.loads((tmp_path / "environment.json").read_text())
    assert told["packages"]["jax"]
    assert len(told["devices"]) >= 1
    assert told["device_kind"] == "cpu"
    assert told["step"] == {"examples": 8}


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
