"""What a person reads after a conversion, and what a program does."""

import json

import pytest

from pali_tf.conversion.report import Line, Report

REPORT = Report(
    source=("in", "hf-mt5"),
    target=("out", "pali"),
    lines=(
        Line(
            path="decoder/logits_dense/kernel",
            read=("lm_head.weight", (96, 24), "float32"),
            written=("decoder/logits_dense/kernel", (24, 96), "bfloat16"),
            done=("transposed", "cast"),
        ),
        Line(
            path="encoder/encoder_norm/scale",
            read=("encoder.final_layer_norm.weight", (24,), "bfloat16"),
            written=("encoder/encoder_norm/scale", (24,), "bfloat16"),
            done=(),
        ),
    ),
    allowed=("extra",),
    left_out=tuple("abcdef"),
    note="Not read: the optimizer's state, 3 arrays.",
    num_bytes=4_656_000_000,
    seconds=10.0,
)


def test_the_text_has_each_array_and_the_totals():
    assert REPORT.text().splitlines() == [
        "lm_head.weight float32[96, 24] -> decoder/logits_dense/kernel "
        "bfloat16[24, 96]  (transposed, cast)",
        "encoder.final_layer_norm.weight bfloat16[24] -> "
        "encoder/encoder_norm/scale bfloat16[24]",
        "",
        "read     2 arrays of in (hf-mt5)",
        "written  2 arrays, 4.656 GB, to out (pali)",
        "done     2 parameters: 1 cast, 1 transposed",
        "time     10.0 s, 466 MB/s",
        "allowed  extra",
        "left out a, b, c, d and 2 more",
        "note     Not read: the optimizer's state, 3 arrays.",
    ]


def test_the_file_has_everything(tmp_path):
    REPORT.write(tmp_path / "report.json")
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["left_out"] == list("abcdef")
    assert written["lines"][0]["done"] == ["transposed", "cast"]
    assert written["lines"][0]["written"] == [
        "decoder/logits_dense/kernel",
        [24, 96],
        "bfloat16",
    ]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
