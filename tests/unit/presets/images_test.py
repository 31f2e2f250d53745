"""Pixels are those of training and of serving, to the last bit."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pali_tf import files
from pali_tf.data.images import decode_image
from pali_tf.presets.images import check_images, load_images
from tests.support.tiny_preset import write_jpeg

SIDE = 48
SIZES = [(480, 640), (57, 301), (31, 40), (96, 96), (SIDE, SIDE), (1, 7)]


@pytest.mark.parametrize("height,width", SIZES)
def test_a_jpeg_has_the_pixels_of_training(tmp_path, height, width):
    path = write_jpeg(tmp_path / "a.jpg", height, width)
    [pixels], [mask] = load_images([path], SIDE)
    expected = decode_image(tf.constant(path.read_bytes()), SIDE).numpy()
    np.testing.assert_array_equal(pixels, expected)
    assert mask


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_an_image_in_a_bucket_is_that_of_the_disk(tmp_path, storage):
    path = write_jpeg(tmp_path / "a.jpg", 31, 40)
    files.write_whole(f"{storage}/a.jpg", path.read_bytes())
    images = [path, f"{storage}/a.jpg"]
    check_images(images)
    local, remote = load_images(images, SIDE)[0]
    np.testing.assert_array_equal(local, remote)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_png_has_the_pixels_of_training(tmp_path, mode):
    rng = np.random.default_rng(0)
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    array = rng.integers(0, 256, (70, 52, *channels), dtype=np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(array, mode).save(encoded, "PNG")
    (tmp_path / "a.png").write_bytes(encoded.getvalue())
    [pixels], _ = load_images([str(tmp_path / "a.png")], SIDE)
    expected = decode_image(tf.constant(encoded.getvalue()), SIDE).numpy()
    np.testing.assert_array_equal(pixels, expected)


def test_a_file_a_picture_and_an_array_are_alike(tmp_path):
    path = write_jpeg(tmp_path / "a.jpg", 100, 80)
    with Image.open(path) as opened:
        picture = opened.copy()
    pixels, _ = load_images([path, picture, np.asarray(picture)], SIDE)
    np.testing.assert_array_equal(pixels[0], pixels[1])
    np.testing.assert_array_equal(pixels[0], pixels[2])


def test_no_image_is_zeros_and_masked():
    pixels, mask = load_images([None, np.ones((5, 5, 3), np.uint8)], SIDE)
    assert mask.tolist() == [False, True]
    assert pixels[0].max() == 0 < pixels[1].min()


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match=r"images\[1\]: no file b.jpg"):
        check_images([None, "b.jpg"])


def test_something_that_is_no_image():
    with pytest.raises(TypeError, match=r"images\[0\] is a int, not a path"):
        check_images([3])


def test_a_damaged_file(tmp_path):
    path = write_jpeg(tmp_path / "a.jpg", 64, 64)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ValueError, match=r"images\[7\]: .*a.jpg cannot be"):
        load_images([path], SIDE, first=7)


def test_an_array_of_another_form():
    with pytest.raises(ValueError, match=r"float64\[4, 4, 3\], not uint8"):
        load_images([np.zeros((4, 4, 3))], SIDE)
    with pytest.raises(ValueError, match=r"uint8\[4, 4\], not uint8\[H"):
        load_images([np.zeros((4, 4), np.uint8)], SIDE)


def test_sixteen_bits_are_refused():
    deep = Image.fromarray(np.full((4, 4), 40_000, np.uint16))
    with pytest.raises(ValueError, match="more than 8 bits a channel"):
        load_images([deep], SIDE)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
