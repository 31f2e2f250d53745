"""Schedules against values worked out by hand."""

import numpy as np
import pytest

from pali_tf.training.schedules import create_learning_rate_scheduler

PALI = "constant * linear_warmup * rsqrt_normalized_decay"


def test_paper_schedule():
    schedule = create_learning_rate_scheduler(
        factors=PALI, base_learning_rate=1e-2, warmup_steps=1000
    )
    steps = [0, 500, 1000, 4000, 382_324]
    expected = [1e-8, 5e-3, 1e-2, 5e-3, 1e-2 * np.sqrt(1000 / 382_324)]
    np.testing.assert_allclose(
        [float(schedule(s)) for s in steps], expected, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("factors", "step", "expected"),
    [
        ("constant", 7, 2.0),
        ("linear_warmup", 25, 0.25),
        ("rsqrt_decay", 400, 1 / 20),
        ("rsqrt_decay", 1, 1 / 10),
        ("constant * rsqrt_normalized_decay", 400, 1.0),
        ("decay_every", 45, 0.25),
        ("cosine_decay", 150, 0.5),
        ("linear_decay", 101, 1.0),
        ("linear_decay_to_zero", 50, 0.75),
        ("linear_decay_to_zero", 900, 1e-8),
    ],
)
def test_each_factor(factors, step, expected):
    schedule = create_learning_rate_scheduler(
        factors=factors,
        base_learning_rate=2.0,
        warmup_steps=100,
        decay_factor=0.5,
        steps_per_decay=20,
        steps_per_cycle=100,
        decay_to_zero_steps=200,
    )
    assert float(schedule(step)) == pytest.approx(expected, rel=1e-6)


def test_offset_shifts_the_step():
    schedule = create_learning_rate_scheduler(
        factors="linear_warmup", warmup_steps=100, step_offset=1000
    )
    assert float(schedule(1050)) == pytest.approx(0.5)


def test_unknown_factor_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'rsqrt_decay'"):
        create_learning_rate_scheduler(factors="constant * rsqr_decay")


def test_missing_length():
    with pytest.raises(ValueError, match="needs decay_to_zero_steps"):
        create_learning_rate_scheduler(factors="linear_decay_to_zero")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
