"""What goes with what, and in which batch."""

import numpy as np
import pytest

from pali_tf.presets.batches import cut, pair

IMAGE = np.zeros((2, 2, 3), np.uint8)


def test_one_prompt_for_all():
    images, prompts = pair([IMAGE, None], "a")
    assert len(images) == 2 and prompts == ["a", "a"]


def test_text_alone():
    assert pair(None, "a") == ([None], ["a"])
    assert pair(None, ["a", "b"]) == ([None, None], ["a", "b"])


def test_an_array_of_images():
    images, _ = pair(np.zeros((3, 2, 2, 3), np.uint8), "a")
    assert [image.shape for image in images] == [(2, 2, 3)] * 3


def test_numbers_that_differ():
    with pytest.raises(ValueError, match="prompts has 3 texts for 2 images"):
        pair([IMAGE, IMAGE], ["a", "b", "c"])


@pytest.mark.parametrize("image", ["a.jpg", IMAGE], ids=["path", "array"])
def test_one_image_that_is_no_list(image):
    with pytest.raises(TypeError, match=r"images=\[image\]"):
        pair(image, "a")


def test_the_last_batch_is_filled():
    rows = list(cut((list("abcde"), np.arange(5)), 2))
    assert [(first, real) for first, real, _ in rows] == [
        (0, 2),
        (2, 2),
        (4, 1),
    ]
    letters, numbers = rows[-1][2]
    assert letters == ["e", "e"] and numbers.tolist() == [4, 4]


def test_a_few_rows_make_a_small_batch():
    [(first, real, [letters])] = cut((["a", "b"],), 8)
    assert (first, real, letters) == (0, 2, ["a", "b"])


def test_no_rows_make_no_batch():
    assert list(cut(([],), 8)) == []


def test_an_impossible_size():
    with pytest.raises(ValueError, match="batch_size is 0"):
        list(cut((["a"],), 0))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
