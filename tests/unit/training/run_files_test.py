"""What a run tells about itself."""

import json

import pytest

from pali_tf.training import run_files
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
        "trains: 3 arrays, 512 numbers",
        "frozen: 1 arrays, 96 numbers",
        "total: 4 arrays, 608 numbers",
        "mesh: {'data': 1, 'fsdp': 1, 'model': 1}",
    ]


def test_environment(tmp_path):
    run_files.write_environment(tmp_path, step={"examples": 8})
    told = json.loads((tmp_path / "environment.json").read_text())
    assert told["packages"]["jax"]
    assert len(told["devices"]) >= 1
    assert told["device_kind"] == "cpu"
    assert told["step"] == {"examples": 8}


def test_a_file_is_written_whole(tmp_path):
    run_files.write_text(tmp_path / "a" / "b.txt", "größe")
    run_files.write_text(tmp_path / "a" / "b.txt", "size")
    assert (tmp_path / "a" / "b.txt").read_text() == "size"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.txt"]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
