"""Layouts read from runs and put onto them."""

import pytest

from pali_tf.planning.run import Layout, layout_of, with_layout
from tests.support.planned_run import make_run


@pytest.mark.parametrize(
    "layout",
    [
        Layout(),
        Layout(
            num_partitions=2,
            num_fsdp_partitions=4,
            activation_partitioning_dims=2,
            remat_policy="full",
            num_microbatches=2,
        ),
        Layout(num_partitions=2, parameter_partitioning_dims=2),
    ],
)
def test_a_run_has_the_layout_it_was_given(layout):
    assert layout_of(with_layout(make_run(), layout)) == layout


def test_the_mesh_has_what_is_left_as_data():
    layout = Layout(num_partitions=2, num_fsdp_partitions=4)
    assert dict(layout.mesh(64).shape) == {"data": 8, "fsdp": 4, "model": 2}


def test_flags_say_what_differs_from_the_standard():
    assert Layout(num_partitions=4).flags() == (
        "--gin.NUM_PARTITIONS=4 --gin.REMAT_POLICY=\"'block'\""
    )
    flags = Layout(num_fsdp_partitions=8, num_microbatches=2).flags()
    assert "gin/partitioning/fsdp.gin --gin.NUM_FSDP_PARTITIONS=8" in flags
    assert "num_microbatches=2" in flags


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
