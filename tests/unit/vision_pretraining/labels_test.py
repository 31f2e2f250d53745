"""Labels with place, from the boxes of stored examples."""

import pytest
import tensorflow as tf

from pali_tf.vision_pretraining.labels import (
    character_points,
    object_points,
    place_labels,
)


def box(kind: str, values: list[tuple[float, ...]]) -> dict[str, tf.Tensor]:
    return {
        f"{kind}/bbox/{side}": tf.constant(
            [value[i] for value in values], tf.float32
        )
        for i, side in enumerate(("ymin", "xmin", "ymax", "xmax"))
    }


def strings(tensor: tf.Tensor) -> list[str]:
    return [value.decode() for value in tensor.numpy()]


def test_an_object_is_named_by_its_words_and_as_a_whole():
    example = {
        "image/object/class/text": tf.constant(["red star", "blue circle"])
    } | box("image/object", [(0, 0, 0.25, 0.25), (0.5, 0.75, 0.75, 1)])
    names, y, x = object_points(example)
    assert strings(names) == [
        "red",
        "star",
        "red star",
        "blue",
        "circle",
        "blue circle",
    ]
    assert y.numpy() == pytest.approx([0.125] * 3 + [0.625] * 3)
    assert x.numpy() == pytest.approx([0.125] * 3 + [0.875] * 3)


def test_characters_share_the_box_of_their_word():
    example = {"ocr/text": tf.constant(["ΝΑΙ", "7"])} | box(
        "ocr", [(0.0, 0.25, 0.25, 1.0), (0.5, 0.0, 0.75, 0.25)]
    )
    names, y, x = character_points(example)
    assert strings(names) == ["Ν", "Α", "Ι", "7"]
    assert x.numpy() == pytest.approx([0.375, 0.625, 0.875, 0.125])
    assert y.numpy() == pytest.approx([0.125] * 3 + [0.625])


def test_place_is_a_row_and_a_column():
    labels = place_labels(
        tf.constant(["star", "7"]),
        tf.constant([0.125, 0.6]),
        tf.constant([0.3, 0.9]),
        grid=4,
    )
    assert strings(labels) == ["star|r0", "7|r2", "star|c1", "7|c3"]


def test_what_a_crop_cut_away_has_no_label():
    labels = place_labels(
        tf.constant(["in", "above", "right"]),
        tf.constant([0.5, -0.1, 0.5]),
        tf.constant([0.5, 0.5, 1.0]),
        grid=4,
    )
    assert strings(labels) == ["in|r2", "in|c2"]


def test_an_image_without_objects_has_no_labels():
    example = {"image/object/class/text": tf.constant([], tf.string)} | box(
        "image/object", []
    )
    names, y, x = object_points(example)
    assert place_labels(names, y, x, grid=4).shape == (0,)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
