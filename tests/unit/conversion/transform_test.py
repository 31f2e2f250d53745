"""Each transform and its way back."""

import numpy as np
import pytest

from pali_tf.conversion import transform
from pali_tf.conversion.transform import (
    IDENTITY,
    TRANSPOSE,
    JoinHeads,
    PatchKernel,
    ResizePositions,
    Sizes,
    Squeeze,
)

SIZES = Sizes(num_heads=2, language_num_heads=3)
# Transform, their shape, our shape.
CASES = [
    (IDENTITY, (4, 6), (4, 6)),
    (TRANSPOSE, (4, 6), (6, 4)),
    (JoinHeads(1), (5, 2, 7), (5, 14)),
    (JoinHeads(0), (2, 7, 5), (14, 5)),
    (JoinHeads(0), (2, 7), (14,)),
    (JoinHeads(1, is_language=True), (5, 3, 7), (5, 21)),
    (Squeeze(), (1, 4, 5), (4, 5)),
    (PatchKernel(), (3, 3, 3, 8), (27, 8)),
    (PatchKernel(channels_first=True), (8, 3, 3, 3), (27, 8)),
    (ResizePositions(), (9, 4), (9, 4)),
    (ResizePositions(is_batch=True), (1, 9, 4), (9, 4)),
]


@pytest.mark.parametrize(("change", "theirs", "ours"), CASES)
def test_there_and_back_is_the_same(change, theirs, ours, rng):
    array = rng.standard_normal(theirs)
    changed = change.to_ours(array, SIZES)
    assert changed.shape == ours
    np.testing.assert_array_equal(change.to_theirs(changed, SIZES), array)


@pytest.mark.parametrize(("change", "theirs", "ours"), CASES)
def test_shapes_are_known_without_values(change, theirs, ours):
    assert change.ours_shape(theirs, SIZES) == ours
    assert change.theirs_shape(ours, SIZES) == theirs


def test_every_transform_has_a_case():
    declared = {
        value
        for value in vars(transform).values()
        if isinstance(value, type)
        and issubclass(value, transform.Transform)
        and value is not transform.Transform
    }
    assert declared == {type(case[0]) for case in CASES}


@pytest.mark.parametrize("change", [IDENTITY, TRANSPOSE])
def test_a_slice_of_ours_is_found_in_theirs(change, rng):
    array = rng.standard_normal((6, 6))
    region = (slice(1, 4), slice(2, 6))
    part = array[change.theirs_region(region)]
    np.testing.assert_array_equal(
        change.to_ours(part, SIZES), change.to_ours(array, SIZES)[region]
    )


def test_a_transform_of_whole_arrays_refuses_a_slice():
    with pytest.raises(NotImplementedError, match="JoinHeads"):
        JoinHeads(1).theirs_region((slice(0, 1),))


def test_a_patch_is_read_rows_first_and_colours_last(rng):
    # [D, 3, patch, patch]: the pixel in row 1, column 2, of colour 0.
    kernel = rng.standard_normal((8, 3, 3, 3))
    ours = PatchKernel(channels_first=True).to_ours(kernel, SIZES)
    row = (1 * 3 + 2) * 3 + 0
    np.testing.assert_array_equal(ours[row], kernel[:, 0, 1, 2])


def test_both_conventions_of_a_patch_kernel_agree(rng):
    last = rng.standard_normal((3, 3, 3, 8))
    first = last.transpose(3, 2, 0, 1)
    np.testing.assert_array_equal(
        PatchKernel().to_ours(last, SIZES),
        PatchKernel(channels_first=True).to_ours(first, SIZES),
    )


def test_positions_keep_their_corners_when_resized(rng):
    table = rng.standard_normal((9, 4)).astype(np.float32)
    resized = ResizePositions().to_ours(table, Sizes(num_patches=25))
    assert resized.shape == (25, 4)
    np.testing.assert_allclose(resized[[0, 4, 20, 24]], table[[0, 2, 6, 8]])


def test_the_report_names_a_resize_only_where_there_is_one():
    change = ResizePositions(is_batch=True)
    assert change.words((1, 9, 4), Sizes(num_patches=9)) == ("reshaped",)
    assert change.words((1, 9, 4), Sizes(num_patches=25)) == (
        "reshaped",
        "resized",
    )


@pytest.mark.parametrize(
    ("change", "shape", "message"),
    [
        (TRANSPOSE, (2, 3, 4), r"\(2, 3, 4\)"),
        (PatchKernel(), (2, 3), r"\(2, 3\)"),
    ],
)
def test_an_array_of_another_rank_is_named(change, shape, message):
    with pytest.raises(ValueError, match=message):
        change.ours_shape(shape, SIZES)


@pytest.mark.parametrize("heads", [None, 5])
def test_heads_that_do_not_divide_are_named(heads):
    with pytest.raises(ValueError, match=f"14 columns.*{heads} heads"):
        JoinHeads(1).theirs_shape((5, 14), Sizes(num_heads=heads))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
