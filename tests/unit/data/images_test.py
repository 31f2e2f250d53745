import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pali_tf.data.images import decode_image


def photograph(height, width, rng):
    small = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.BICUBIC)


def encoded(image, kind="JPEG"):
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def test_jpeg_of_the_size_equals_pillow(rng):
    data = encoded(photograph(24, 24, rng))
    expected = np.asarray(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(decode_image(data, 24), expected)


def test_resizing_is_near_pillow_with_antialiasing(rng):
    image = photograph(60, 90, rng)
    data = encoded(image, "PNG")
    expected = np.asarray(image.resize((24, 24), Image.BILINEAR), np.int32)
    found = decode_image(data, 24).numpy().astype(np.int32)
    assert found.shape == (24, 24, 3)
    assert np.abs(found - expected).max() <= 2


@pytest.mark.parametrize(
    "height, width, side",
    [(60, 90, 24), (375, 500, 224), (101, 37, 64), (20, 30, 48), (1, 1, 8)],
)
def test_resizing_is_tensorflows_to_the_last_bit(rng, height, width, side):
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    expected = tf.image.resize(
        pixels, [side, side], method="bilinear", antialias=True
    )
    found = decode_image(encoded(Image.fromarray(pixels), "PNG"), side)
    np.testing.assert_array_equal(found, np.rint(expected))


@pytest.mark.parametrize("value", [0, 255])
def test_resizing_keeps_black_and_white(value):
    pixels = np.full((333, 517, 3), value, np.uint8)
    found = decode_image(encoded(Image.fromarray(pixels), "PNG"), 224)
    np.testing.assert_array_equal(found, value)


def test_grey_becomes_three_channels(rng):
    data = encoded(photograph(24, 24, rng).convert("L"))
    image = decode_image(data, 24).numpy()
    assert image.shape == (24, 24, 3)
    np.testing.assert_array_equal(image[..., 0], image[..., 2])


def test_static_shape_inside_a_graph():
    function = tf.function(lambda data: decode_image(data, 8))
    result = function.get_concrete_function(tf.TensorSpec([], tf.string))
    assert result.structured_outputs.shape == (8, 8, 3)


def test_truncated_jpeg_is_an_error(rng):
    data = encoded(photograph(24, 24, rng))
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode_image(data[: len(data) // 2], 24)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
