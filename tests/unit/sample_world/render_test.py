import dataclasses
import io

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from pali_tf.sample_world import catalog, lettering, render, shapes, world


def quiet(picture):
    """The same scene on flat black without noise."""
    background = dataclasses.replace(
        picture.background,
        first_rgb=(0, 0, 0),
        last_rgb=(0, 0, 0),
        noise=0,
        is_dark=True,
    )
    return dataclasses.replace(picture, background=background)


def scenes(level, count=40):
    config = world.make_config(level=level, seed=1)
    return [world.make_scene(config, "train", index) for index in range(count)]


def painted(picture):
    """What is not background: its top, left, height and width."""
    pixels = np.asarray(render.render(picture)).max(axis=-1) > 60
    rows = np.flatnonzero(pixels.any(axis=1))
    columns = np.flatnonzero(pixels.any(axis=0))
    return (
        rows[0],
        columns[0],
        rows[-1] - rows[0] + 1,
        columns[-1] - columns[0] + 1,
    )


@pytest.mark.parametrize("level", ["grid", "free"])
def test_boxes_of_objects_match_their_pixels(level):
    for picture in scenes(level):
        for thing in picture.things:
            alone = dataclasses.replace(
                quiet(picture), things=(thing,), words=()
            )
            top, left, height, width = painted(alone)
            side = thing.side_pixels
            # A tip thinner than a pixel may be too faint to count.
            assert abs(top - thing.top) <= 1
            assert abs(left - thing.left) <= 1
            assert abs(top + height - thing.top - side) <= 1
            assert abs(left + width - thing.left - side) <= 1


def test_boxes_of_free_words_match_their_pixels():
    for picture in scenes("free"):
        for word in picture.words:
            alone = dataclasses.replace(
                quiet(picture),
                things=(),
                words=(dataclasses.replace(word, rgb=(255, 255, 255)),),
            )
            top, left, height, width = painted(alone)
            assert word.top <= top <= word.top + 1
            assert word.left <= left <= word.left + 1
            assert word.height_pixels - 1 <= height <= word.height_pixels
            assert word.width_pixels - 1 <= width <= word.width_pixels


@pytest.mark.parametrize("script", catalog.GRID_CHARACTERS)
def test_grid_characters_are_large_and_inside_their_cell(script):
    for character in catalog.GRID_CHARACTERS[script]:
        mask = np.asarray(lettering.character_mask(character, 16, 16))
        rows = np.flatnonzero((mask > 60).any(axis=1))
        columns = np.flatnonzero((mask > 60).any(axis=0))
        assert 10 <= rows[-1] - rows[0] + 1 <= 14
        assert columns[-1] - columns[0] + 1 <= 16


def test_grid_characters_differ_from_one_another():
    characters = "".join(catalog.GRID_CHARACTERS.values())
    masks = {
        lettering.character_mask(character, 16, 16).tobytes()
        for character in characters
    }
    assert len(masks) == len(characters)


@pytest.mark.parametrize("shape", catalog.SHAPES)
def test_shapes_fill_their_box(shape):
    mask = np.asarray(shapes.shape_mask(shape, 48)) > 60
    for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
        # The tips of a star end within the last pixel.
        assert side.any() or shape == "star"
    assert mask[1:-1, 1:-1].any()


def test_jpeg_keeps_full_chroma_and_the_colours():
    for picture in scenes("grid"):
        data = render.encode_jpeg(render.render(quiet(picture)))
        image = Image.open(io.BytesIO(data))
        assert image.format == "JPEG"
        assert image.size == (64, 64)
        assert JpegImagePlugin.get_sampling(image) == 0  # 4:4:4
        pixels = np.asarray(image).astype(int)
        for thing in picture.things:
            row, column = (int(center) for center in thing.center)
            error = np.abs(pixels[row, column] - thing.rgb).max()
            assert error <= 24


def test_objects_stand_out_from_the_background():
    for picture in scenes("grid"):
        empty = dataclasses.replace(picture, things=(), words=())
        with_things = np.asarray(render.render(picture)).astype(int)
        without = np.asarray(render.render(empty)).astype(int)
        for thing in picture.things:
            row, column = (int(center) for center in thing.center)
            difference = with_things[row, column] - without[row, column]
            assert np.abs(difference).max() >= 60


def test_rendering_is_deterministic():
    picture = scenes("free", 1)[0]
    first = render.encode_jpeg(render.render(picture))
    assert first == render.encode_jpeg(render.render(picture))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
