"""The bounds of a step's time."""

import pytest

from pali_tf.planning.flops import PartFlops, Passes
from pali_tf.planning.matrix_products import MatrixProduct
from pali_tf.planning.roofline import Roofline, product_bytes


def test_bounds_and_utilisation():
    roofline = Roofline(
        compute=2.0,
        memory=1.0,
        interconnect=0.5,
        model_flops=1.5 * 275e12,
        peak_flops=275e12,
    )
    assert (roofline.least, roofline.most) == (2.0, 3.5)
    assert roofline.mfu(roofline.least) == 0.75


def test_work_done_again_takes_time_and_earns_nothing():
    part = PartFlops(part="encoder", forward=1e12, again=1e12, backward=2e12)
    assert (part.hardware, part.model) == (4e12, 3e12)


@pytest.mark.parametrize(
    ("sharded", "numbers"),
    [
        (None, 2 * 8 * 4 + 4 * 6 + 2 * 8 * 6),
        ("columns", 2 * 8 * 4 + 4 * 3 + 2 * 8 * 3),
        ("inner", 2 * 8 * 2 + 2 * 6 + 2 * 8 * 6),
    ],
)
def test_the_model_axis_splits_the_sides_that_have_its_dimension(
    sharded, numbers
):
    product = MatrixProduct(
        part="encoder",
        kernel="encoder/layers/mlp/wo/kernel",
        rows=8,
        inner=4,
        columns=6,
        sharded=sharded,
    )
    passes = Passes(forward=1, again=0, backward=2)
    assert product_bytes(product, passes, 2, 2, 2) == 3 * 2 * numbers


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
