"""The MFU: by hand, and the sentences where there is none."""

import pytest

from pali_tf.reporting.utilization import peak_flops, utilization

LINES = [{"step": 10, "steps_per_second": 2.0}, {"step": 20, "loss": 1.0}]


def environment(kind, num_devices=4):
    return {
        "device_kind": kind,
        "devices": [f"device:{i}" for i in range(num_devices)],
        "step": {"examples": 8, "model_flops": 1.1e14},
    }


def test_by_hand():
    found = utilization(LINES, environment("TPU v4"))
    # 1.1e14 FLOPs twice a second, over four chips of 275e12.
    assert found.steps == (10,)
    assert found.shares == pytest.approx((0.2,))
    assert "4 x 275 TFLOP/s (the bfloat16 peak of TPU v4)" in found.account


def test_a_stated_peak_takes_the_place_of_the_tables():
    found = utilization(LINES, environment("cpu", 1), stated_peak=1e15)
    assert found.shares == pytest.approx((0.22,))
    assert "1 x 1000 TFLOP/s (as stated)" in found.account


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (environment("cpu"), "the kind 'cpu' is not known"),
        ({"device_kind": "TPU v4"}, "does not tell the FLOPs"),
        (None, "does not tell the FLOPs"),
    ],
)
def test_without_a_peak_or_flops_a_sentence_says_why(told, why):
    found = utilization(LINES, told)
    assert found.steps == ()
    assert found.account.startswith("No MFU: ")
    assert why in found.account


@pytest.mark.parametrize(
    ("kind", "peak"),
    [
        ("TPU v5 lite", 197e12),
        ("TPU v6 lite", 918e12),
        ("TPU7x", 2307e12 / 2),
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA A100-SXM4-40GB", 312e12),
        ("NVIDIA L4", 121e12),
        ("NVIDIA L40S", None),
        ("cpu", None),
    ],
)
def test_peaks(kind, peak):
    assert peak_flops(kind) == peak


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
