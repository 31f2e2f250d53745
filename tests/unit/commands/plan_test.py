"""The command's own flags, and what it says without a compiler."""

import pytest

from pali_tf.commands import plan
from pali_tf.planning import topology


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--search"], "--search needs --topology"),
        (["--topology=v4:8x8"], "3 dimensions"),
        (["--topology=v5litepod:4x4"], "did you mean 'v5e'"),
        (
            ["--topology=v4:2x2x1", "--search", "--compile_limit=-1"],
            "compile_limit is -1",
        ),
    ],
)
def test_wrong_flags(flags, message):
    with pytest.raises(ValueError, match=message):
        plan.main(["--gin_file=gin/pali_tiny.gin", *flags])


def test_compiling_without_the_compiler_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(topology, "is_libtpu_installed", lambda: False)
    with pytest.raises(ValueError, match=r"pip install 'pali_tf\[tpu\]'"):
        plan.main(["--gin_file=gin/pali_tiny.gin", "--topology=v4:2x2x1"])


def test_the_plan_by_formula(capsys):
    assert plan.main(["--gin_file=gin/pali_tiny.gin"]) == 0
    printed = capsys.readouterr().out
    assert "decoder/logits_dense/kernel" in printed
    assert "TFLOP an example" in printed
    assert "optimizer" in printed


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
