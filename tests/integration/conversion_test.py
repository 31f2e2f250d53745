"""`pali convert` as a process: what it prints, how it fails, interrupted."""

import json
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from pali_tf.checkpoints import checkpoint, initial_parameters
from tests.support import tiny_pali
from tests.support.random_tree import make_tree, write
from tests.support.repository import ROOT

MT5 = ROOT / "tests" / "testdata" / "mt5_huggingface"
SIGLIP = ROOT / "tests" / "testdata" / "siglip_huggingface"
EXIT_INTERRUPTED = 130
WAIT_SECONDS = 60.0


def command(*arguments):
    return [
        sys.executable,
        "-m",
        "pali_tf.cli",
        "convert",
        *map(str, arguments),
    ]


def run(*arguments):
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False
    )


def test_a_conversion_prints_its_report_and_writes_it(tmp_path):
    report = tmp_path / "report.json"
    result = run(MT5, tmp_path / "mt5", "--report", report)
    assert result.returncode == 0, result.stderr
    assert (
        "lm_head.weight float32[96, 24] -> decoder/logits_dense/kernel "
        "float32[24, 96]  (transposed)"
    ) in result.stdout
    assert "61 parameters: 46 transposed" in result.stdout
    written = json.loads(report.read_text())
    assert written["source"] == [str(MT5), "hf-mt5"]
    assert len(written["lines"]) == 61
    assert len(checkpoint.load_parameters(tmp_path / "mt5")) == 61


def test_training_starts_from_two_converted_parts(tmp_path):
    # Both by the names and values that other formats give them.
    specs = tiny_pali.make_functional().specs
    rng = np.random.default_rng(0)
    tree = {
        path: rng.standard_normal(spec.shape).astype(np.float32)
        for path, spec in specs.items()
    }
    write(tmp_path / "pali", "pali-safetensors", tree)
    parts = {}
    for only, name, format_name in (
        ("vision", "vit.npz", "big-vision"),
        ("", "mt5", "hf-mt5"),
    ):
        options = (
            ["--only", only] if only else ["--allow", "^(vision|connector)"]
        )
        there = run(
            tmp_path / "pali",
            tmp_path / name,
            "--target_format",
            format_name,
            "--num_heads",
            2,
            *options,
        )
        assert there.returncode == 0, there.stderr
        back = run(tmp_path / name, tmp_path / f"ours_{format_name}")
        assert back.returncode == 0, back.stderr
        parts[format_name] = str(tmp_path / f"ours_{format_name}")
    origins = initial_parameters.find_origins(list(parts.values()), specs)
    assert set(specs) - set(origins) == {"connector/kernel"}
    for path, origin in origins.items():
        loaded = checkpoint.load_parameters(origin)
        np.testing.assert_array_equal(loaded[path], tree[path])


def test_a_mistake_is_told_without_a_traceback(tmp_path):
    result = run(MT5, tmp_path / "x", "--target_format", "hf-mt")
    assert result.returncode == 2
    assert "did you mean 'hf-mt5'" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_problem_has_a_line_of_its_own(tmp_path):
    tree = make_tree("vision")
    del tree["vision/encoder_norm/beta"]
    tree["vision/encoder_norm/bias"] = np.zeros(8, np.float32)
    write(tmp_path / "source", "pali-safetensors", tree)
    result = run(tmp_path / "source", tmp_path / "x")
    assert result.returncode == 2
    lines = result.stderr.splitlines()
    assert lines[0].startswith("pali: ")
    assert "'vision/encoder_norm/bias' is not used" in lines[1]
    assert "'vision/encoder_norm/beta'" in lines[2]


def test_a_truncated_shard_is_named(tmp_path):
    content = (MT5 / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(content[:-100])
    result = run(tmp_path / "model.safetensors", tmp_path / "x")
    assert result.returncode == 2
    assert "model.safetensors is truncated: '" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A checkpoint that takes seconds to convert."""
    path = tmp_path_factory.mktemp("large") / "source"
    tree = make_tree("language")
    rng = np.random.default_rng(0)
    for name, shape in (
        ("token_embedder/embedding", (2_000_000, 12)),
        ("decoder/logits_dense/kernel", (12, 2_000_000)),
    ):
        tree[name] = rng.standard_normal(shape, dtype=np.float32)
    write(path, "pali-safetensors", tree, rows=1_000_000)
    return path


def interrupt(large, target, signal_number):
    """Sends a signal once values are being written; gives the exit code."""
    process = subprocess.Popen(
        command(large, target), stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while not any(
        path.is_file() and path.stat().st_size > 100_000
        for path in target.parent.rglob(".x.*.tmp/**/*")
        if path.exists()
    ):
        assert process.poll() is None, "ended before it was interrupted"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    assert not target.exists()
    process.send_signal(signal_number)
    return process.wait(WAIT_SECONDS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing(large, tmp_path, number):
    assert interrupt(large, tmp_path / "x", number) == EXIT_INTERRUPTED
    assert list(tmp_path.iterdir()) == []


def test_killed_it_leaves_only_a_folder_of_another_name(large, tmp_path):
    assert interrupt(large, tmp_path / "x", signal.SIGKILL) == -signal.SIGKILL
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) == 1
    assert re.fullmatch(r"\.x\..+\.tmp", names[0])
    # And it is in nobody's way.
    result = run(MT5, tmp_path / "x")
    assert result.returncode == 0, result.stderr


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
