"""Labels with place, from the boxes of stored examples."""

import pytest
import tensorflow as tf

from pali_tf.vision_pretraining.dataset import crop_to_windows
from pali_tf.vision_pretraining.labels import (
    Points,
    all_points,
    character_points,
    object_points,
    place_labels,
)


def batch(
    kind: str, texts: list[list[str]], boxes: list[list[tuple[float, ...]]]
) -> dict[str, tf.Tensor]:
    """A parsed batch whose other kind is empty."""
    other = "ocr" if kind == "image/object" else "image/object"
    empty = [[] for _ in texts]

    def columns(name: str, text: list, box: list) -> dict[str, tf.Tensor]:
        key = "ocr/text" if name == "ocr" else "image/object/class/text"
        return {key: tf.ragged.constant(text, tf.string, ragged_rank=1)} | {
            f"{name}/bbox/{side}": tf.ragged.constant(
                [[b[i] for b in row] for row in box],
                tf.float32,
                ragged_rank=1,
            )
            for i, side in enumerate(("ymin", "xmin", "ymax", "xmax"))
        }

    return columns(kind, texts, boxes) | columns(other, empty, empty)


def strings(tensor: tf.Tensor) -> list[str]:
    return [value.decode() for value in tensor.numpy()]


def test_an_object_is_named_by_its_words():
    points = object_points(
        batch(
            "image/object",
            [["red star"], [], ["blue circle", "red cross"]],
            [
                [(0, 0, 0.25, 0.25)],
                [],
                [(0.5, 0.75, 0.75, 1), (0, 0.5, 0.25, 0.75)],
            ],
        )
    )
    assert strings(points.names) == [
        "red",
        "star",
        "blue",
        "circle",
        "red",
        "cross",
    ]
    assert points.rows.numpy().tolist() == [0, 0, 2, 2, 2, 2]
    assert points.y.numpy() == pytest.approx(
        [0.125, 0.125] + [0.625] * 2 + [0.125] * 2
    )
    assert points.x.numpy() == pytest.approx(
        [0.125, 0.125] + [0.875] * 2 + [0.625] * 2
    )


def test_characters_share_the_box_of_their_word():
    points = character_points(
        batch(
            "ocr",
            [["ΝΑΙ", "7"]],
            [[(0.0, 0.25, 0.25, 1.0), (0.5, 0.0, 0.75, 0.25)]],
        )
    )
    assert strings(points.names) == ["Ν", "Α", "Ι", "7"]
    assert points.x.numpy() == pytest.approx([0.375, 0.625, 0.875, 0.125])
    assert points.y.numpy() == pytest.approx([0.125] * 3 + [0.625])


def test_place_is_a_row_and_a_column():
    points = Points(
        tf.constant(["star", "7"]),
        tf.constant([0.125, 0.6]),
        tf.constant([0.3, 0.9]),
        tf.constant([0, 1]),
    )
    labels, rows = place_labels(points, grid=4)
    assert strings(labels) == ["star|r0", "7|r2", "star|c1", "7|c3"]
    assert rows.numpy().tolist() == [0, 1, 0, 1]


def test_what_a_crop_cut_away_has_no_label():
    # The window is the right half; the left star is gone, the other moves.
    points = Points(
        tf.constant(["left", "right"]),
        tf.constant([0.5, 0.5]),
        tf.constant([0.25, 0.9]),
        tf.constant([0, 0]),
    )
    images = tf.zeros([1, 8, 8, 3], tf.uint8)
    _, moved = crop_to_windows(images, points, tf.constant([[0, 0.5, 1, 0.5]]))
    labels, _ = place_labels(moved, grid=4)
    assert strings(labels) == ["right|r2", "right|c3"]


def test_images_without_objects_have_no_labels():
    labels, rows = place_labels(
        all_points(batch("ocr", [[], []], [[], []])), grid=4
    )
    assert labels.shape == rows.shape == (0,)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
