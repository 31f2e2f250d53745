"""The table of a plan, and the command behind it."""

import subprocess
import sys

import pytest

from pali_tf.planning import parameters
from pali_tf.training import freezing
from pali_tf.training.model import PaliTrainingModel
from tests.support.tiny_pali import make_config

pytestmark = pytest.mark.slow

FROZEN_VISION = "(?!vision/).*"


def make_rows(**config):
    model = PaliTrainingModel(config=make_config(**config))
    specs = model.functional.specs
    split = freezing.split_paths(specs, FROZEN_VISION)
    return parameters.make_rows(specs, split, model.frozen_dtype), model, split


@pytest.mark.parametrize("scan_layers", [False, True])
def test_rows_hold_every_number_once(scan_layers):
    rows, model, _ = make_rows(scan_layers=scan_layers)
    assert sum(row.numbers for row in rows) == model.functional.num_parameters
    roots = list(dict.fromkeys(row.path.split("/")[0] for row in rows))
    assert roots == [
        "vision",
        "connector",
        "token_embedder",
        "encoder",
        "decoder",
    ]


def test_blocks_of_an_unrolled_tower_share_a_row():
    rows, _, _ = make_rows()
    by_path = {row.path: row for row in rows}
    row = by_path["encoder/layers_{}/mlp/wo/kernel"]
    assert (row.arrays, row.shape, row.numbers) == (2, (32, 16), 1024)


def test_bytes_follow_type_and_role():
    rows, _, _ = make_rows(dtype="bfloat16")
    by_path = {row.path: row for row in rows}
    frozen = by_path["vision/encoder_norm/gamma"]
    trained = by_path["encoder/encoder_norm/scale"]
    assert (frozen.trains, frozen.dtype, frozen.bytes) == (
        False,
        "bfloat16",
        32,
    )
    assert (trained.trains, trained.dtype, trained.bytes) == (
        True,
        "float32",
        64,
    )


@pytest.mark.parametrize(
    ("count", "text"), [(12, "12 B"), (1536, "1.5 KiB"), (3 * 2**30, "3.0 GiB")]
)
def test_bytes_are_read_by_people(count, text):
    assert parameters.format_bytes(count) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "total"),
    [("tiny", ""), ("3b", "3.074B"), ("15b", "14.771B"), ("17b", "16.734B")],
)
def test_the_command_plans_every_size(size, total):
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pali_tf.cli",
            "plan",
            f"--gin_file=gin/pali_{size}.gin",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"({total}" in ended.stdout
    assert "decoder/logits_dense/kernel" in ended.stdout


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
