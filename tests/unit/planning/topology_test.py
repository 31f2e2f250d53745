"""Names of slices, right and wrong."""

import pytest

from pali_tf.planning import topology
from pali_tf.planning.topology import parse_topology


def test_the_paper_s_slice():
    found = parse_topology("v4:8x8x16")
    assert (found.name, found.num_chips, found.num_devices) == (
        "v4:8x8x16",
        1024,
        1024,
    )


def test_a_chip_of_two_devices():
    assert parse_topology("tpu7x:2x2x1").num_devices == 8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v4", "such as 'v4:8x8x16'"),
        ("v4:8x8", "3 dimensions, such as 'v4:8x8x16'"),
        ("v5e:4x4x4", "2 dimensions, such as 'v5e:16x16'"),
        ("v4:8x8xsixteen", "such as 'v4:8x8x16'"),
        ("v4:8x0x16", "such as 'v4:8x8x16'"),
        ("v5litepod:16x16", "did you mean 'v5e'"),
    ],
)
def test_a_wrong_name_gets_the_right_form(text, message):
    with pytest.raises(ValueError, match=message):
        parse_topology(text)


def test_without_libtpu_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(topology, "is_libtpu_installed", lambda: False)
    with pytest.raises(ValueError, match=r"pip install 'pali_tf\[tpu\]'"):
        topology.make_devices(parse_topology("v4:2x2x1"))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
