"""A preset in other processes, and on the way from and to a run."""

import json
import os
import pathlib
import subprocess
import sys
import types

import jax
import numpy as np
import pytest

from pali_tf.checkpoints import checkpoint
from pali_tf.commands import save_preset
from pali_tf.conversion.convert import Options, convert
from pali_tf.models.functional import flatten
from pali_tf.models.lora.adapters import adapters_by_path
from pali_tf.models.lora.config import LoRAConfig
from pali_tf.models.parameter_path import parameters_by_path
from pali_tf.presets.model import PaliModel
from pali_tf.training.model import PaliTrainingModel
from tests.support import tiny_pali
from tests.support.repository import ROOT
from tests.support.tiny_preset import (
    PROMPT_LENGTH,
    TEXT_LENGTH,
    VOCABULARY,
    make_model,
    write_jpeg,
)

pytestmark = pytest.mark.slow

KINDS = ["plain", "sharded", "int8", "adapted", "plain+adapter", "int8+adapter"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("presets")
    write_jpeg(path / "a.jpg", 30, 40)
    write_jpeg(path / "b.jpg", 300, 200)
    make_model(depth=1).save_to_preset(path / "plain")
    make_model(depth=1).save_to_preset(path / "sharded", shard_bytes=30_000)
    quantized = make_model(depth=1)
    quantized.quantize("int8")
    quantized.save_to_preset(path / "int8")
    adapted = make_model(depth=1)
    adapted.enable_lora(2)
    rng = np.random.default_rng(0)
    for variable in adapters_by_path(adapted.network).values():
        variable.assign(rng.normal(0, 0.3, variable.shape))
    adapted.save_to_preset(path / "adapted")
    adapted.save_adapter(path / "adapter")
    return path


def ask(folder, *options, **environment):
    """What a new process answers, from its own choice of backend."""
    inherited = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    presets = [
        "+".join(str(folder / name) for name in kind.split("+"))
        for kind in KINDS
    ]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.preset_child"]
        + [*options, *presets],
        cwd=ROOT,
        env=inherited
        | {
            "JAX_PLATFORMS": "cpu",
            # Some of the presets run the same program.
            "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        }
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found = json.loads(ended.stdout)
    by_kind = zip(KINDS, found["answers"].values(), strict=True)
    return found["backend"], dict(by_kind)


@pytest.fixture(scope="module")
def on_jax(folder):
    return ask(folder, "--without=tensorflow", "--without=seqio")


@pytest.fixture(scope="module")
def on_tensorflow(folder):
    return ask(folder, KERAS_BACKEND="tensorflow")


def test_without_a_choice_it_is_jax_and_needs_no_tensorflow(on_jax):
    backend, answers = on_jax
    assert backend == "jax"
    assert all(len(answers[kind]["texts"]) == 2 for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_tensorflow_answers_the_same(on_jax, on_tensorflow, kind):
    backend, answers = on_tensorflow
    assert backend == "tensorflow"
    assert answers[kind]["texts"] == on_jax[1][kind]["texts"]
    np.testing.assert_allclose(
        answers[kind]["scores"], on_jax[1][kind]["scores"], rtol=1e-4
    )


def test_kinds_that_hold_the_same_answer_the_same(on_jax):
    _, answers = on_jax
    assert answers["sharded"] == answers["plain"]
    assert answers["plain+adapter"] == answers["adapted"]
    assert answers["plain"]["scores"] != answers["adapted"]["scores"]
    assert answers["int8+adapter"]["scores"] != answers["int8"]["scores"]


def save(tmp_path, *, depth=1, scan_layers=False, lora=None, **changes):
    """A run's checkpoint and its preset."""
    model = PaliTrainingModel(
        config=tiny_pali.make_config(depth=depth, scan_layers=scan_layers),
        vocabulary=types.SimpleNamespace(sp_model=VOCABULARY, vocab_size=25),
        lora=lora,
    )
    params = jax.jit(model.init)(jax.random.key(7))
    checkpoint.save_parameters(tmp_path / "run", 4, params)
    preset = save_preset.save_preset(
        model=model,
        checkpoint_path=str(tmp_path / "run"),
        task_feature_lengths={"inputs": PROMPT_LENGTH, "targets": TEXT_LENGTH},
        preset_dir=str(tmp_path / "preset"),
        shard_bytes=10**9,
        **changes,
    )
    return model, params, preset


@pytest.mark.parametrize("scan_layers", [False, True])
def test_from_a_run_to_a_preset_and_back(tmp_path, scan_layers):
    model, params, preset = save(tmp_path, depth=2, scan_layers=scan_layers)
    found = PaliModel.from_preset(preset)
    assert found.config.model == model.config.unrolled()
    batch = tiny_pali.make_batch()
    np.testing.assert_allclose(
        found.network(batch),
        jax.jit(model.functional.apply)(params, batch),
        rtol=1e-4,
        atol=1e-4,
    )
    layout = "scanned" if scan_layers else "unrolled"
    convert(
        preset, tmp_path / "back", Options(target_format="pali", layout=layout)
    )
    back = checkpoint.load_parameters(tmp_path / "back")
    flat = flatten(params)
    assert back.keys() == flat.keys()
    for path, value in back.items():
        np.testing.assert_array_equal(value, flat[path], path)


def test_a_run_with_adapters(tmp_path):
    _, params, preset = save(tmp_path, lora=LoRAConfig(rank=2))
    found = PaliModel.from_preset(preset)
    assert found.config.lora == LoRAConfig(rank=2)
    values = parameters_by_path(found.network)
    for path, value in flatten(params).items():
        np.testing.assert_array_equal(values[path], value, path)


def test_a_checkpoint_of_another_model(tmp_path):
    save(tmp_path, lora=LoRAConfig(rank=2))
    other = PaliTrainingModel(config=tiny_pali.make_config(depth=1))
    with pytest.raises(ValueError, match="12 arrays that the model has not"):
        save_preset.save_preset(
            model=other,
            checkpoint_path=str(tmp_path / "run"),
            task_feature_lengths={"inputs": 4, "targets": 4},
            preset_dir=str(tmp_path / "other"),
            shard_bytes=1,
        )
    assert not (tmp_path / "other").exists()


def test_a_dry_run_writes_nothing(tmp_path):
    save(tmp_path, is_dry_run=True)
    assert [path.name for path in pathlib.Path(tmp_path).iterdir()] == ["run"]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
