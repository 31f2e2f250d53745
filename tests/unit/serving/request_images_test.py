import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pali_tf.data.images import decode_image
from serving.request_images import decode_images

SIDE = 16


def _file(kind: str, side: int = SIDE, mode: str = "RGB", seed: int = 0):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(written, kind)
    return written.getvalue()


def test_the_pixels_of_training():
    files = [_file("JPEG"), _file("JPEG", 40), _file("PNG", seed=1)]
    images = decode_images(tf.constant(files), SIDE).numpy()
    assert (images.shape, images.dtype) == ((3, SIDE, SIDE, 3), np.uint8)
    for file, image in zip(files, images, strict=True):
        np.testing.assert_array_equal(image, decode_image(file, SIDE))
    np.testing.assert_array_equal(
        images[2], np.asarray(Image.open(io.BytesIO(files[2])))
    )


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA")]
)
def test_other_colours_become_three(kind, mode):
    images = decode_images(tf.constant([_file(kind, mode=mode)]), SIDE)
    assert images.shape == (1, SIDE, SIDE, 3)


def test_no_images():
    images = decode_images(tf.constant([], tf.string), SIDE)
    assert images.shape == (0, SIDE, SIDE, 3)


@pytest.mark.parametrize(
    "bad", [b"", b"hello", b"\xff\xd8", _file("GIF"), _file("BMP")]
)
def test_what_is_no_image_is_named_by_its_number(bad):
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match=r"image_bytes\[2\] is not a JPEG or PNG file: its "
        rf"{len(bad)} bytes begin with neither signature",
    ):
        decode_images(tf.constant([_file("PNG"), _file("JPEG"), bad]), SIDE)


def test_half_a_file_is_refused():
    file = _file("JPEG", 40)
    with pytest.raises(tf.errors.InvalidArgumentError, match="JPEG"):
        decode_images(tf.constant([file[: len(file) // 2]]), SIDE)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
