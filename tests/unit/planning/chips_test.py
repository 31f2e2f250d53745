"""The table of chips."""

import pytest

from pali_tf.planning.chips import CHIPS, find_chip


def test_v4():
    chip = find_chip("v4")
    assert (chip.peak_flops, chip.hbm_bytes) == (275e12, 32 * 2**30)


@pytest.mark.parametrize("chip", CHIPS.values(), ids=CHIPS)
def test_a_device_is_its_share_of_a_chip(chip):
    device = chip.device()
    assert device.hbm_bytes * chip.devices == chip.hbm_bytes
    assert device.peak_flops * chip.devices == chip.peak_flops
    assert chip.hbm_bandwidth < chip.peak_flops


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("v5litepod", "v5e"),
        ("v7x", "tpu7x"),
        ("V4", "v4"),
        ("trillium", "v6e"),
        ("v5p1", "v5p"),
    ],
)
def test_an_unknown_name_gets_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=f"did you mean '{nearest}'"):
        find_chip(name)


def test_a_name_like_no_other_gets_the_list():
    with pytest.raises(
        ValueError, match="no TPU 'h100'. Known: tpu7x, v4, v5e, v5p"
    ):
        find_chip("h100")


def test_rings():
    assert find_chip("v4").wraps(8)
    assert not find_chip("v4").wraps(2)
    assert find_chip("v5e").wraps(16)
    assert not find_chip("v5e").wraps(8)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
