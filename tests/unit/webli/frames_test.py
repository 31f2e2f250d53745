import io

import pytest
import tensorflow as tf

from pali_tf.webli import frames

DATA = [b"first", b"", b"the third one"]


def stored(data=tuple(DATA)):
    return b"".join(map(frames.frame, data))


def read(content, wanted=None):
    return list(frames.read(io.BytesIO(content), wanted))


def test_frames_are_tensorflows(tmp_path):
    path = str(tmp_path / "x.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for data in DATA:
            writer.write(data)
    with open(path, "rb") as file:
        assert file.read() == stored()
    assert list(tf.data.TFRecordDataset(path).as_numpy_iterator()) == DATA


def test_each_frame_has_its_number_and_its_place():
    assert read(stored()) == [
        (0, 0, b"first"),
        (1, 21, b""),
        (2, 37, b"the third one"),
    ]
    assert read(b"") == []


def test_only_what_is_wanted_is_looked_at():
    content = bytearray(stored())
    content[13] ^= 1  # In the first one's data.
    assert read(content, {2}) == [(2, 37, b"the third one")]
    assert read(content, set()) == []


@pytest.mark.parametrize(
    ("size", "place"), [(5, 0), (14, 0), (20, 0), (26, 21), (65, 37)]
)
def test_what_lacks_its_end_is_told(size, place):
    with pytest.raises(frames.FrameError, match="lacks its end") as raised:
        read(stored()[:size])
    assert raised.value.place == place


@pytest.mark.parametrize(
    ("byte", "message"),
    [
        (37, "length is damaged"),
        (45, "length is"),
        (50, "data are damaged"),
    ],
)
def test_damage_is_told_at_its_frame(byte, message):
    content = bytearray(stored())
    content[byte] ^= 1
    with pytest.raises(frames.FrameError, match=message) as raised:
        read(content)
    assert (raised.value.number, raised.value.place) == (2, 37)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
