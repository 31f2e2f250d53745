"""Rates since the last reading, and the line that shows them."""

import dataclasses
import itertools

import numpy as np
import pytest

from pali_tf.run import progress
from pali_tf.training import metrics


def sums(images, tokens, steps):
    zero = metrics.MetricSums(
        **{
            field.name: np.zeros((), np.int32)
            for field in dataclasses.fields(metrics.MetricSums)
        }
    )
    return dataclasses.replace(
        zero,
        num_images=images,
        num_input_tokens=tokens,
        num_tokens=np.array([tokens]),
        num_steps=steps,
    )


def test_rates_leave_out_what_another_process_did():
    clock = itertools.count(0, 10).__next__
    watch = progress.Stopwatch(sums(100, 1000, 5), clock)
    first = watch.read(sums(140, 1500, 7))
    assert first == progress.Rates(4.0, 100.0, 0.2)
    # After a reading the sums start from zero.
    assert watch.read(sums(20, 50, 1)) == progress.Rates(2.0, 10.0, 0.1)


def test_pauses_do_not_count_wherever_they_lie():
    # Steps for 10 s, an evaluation of 80 s, steps for 10 s more.
    times = iter([0.0, 10.0, 90.0, 100.0])
    watch = progress.Stopwatch(sums(0, 0, 0), lambda: next(times))
    with watch.paused():
        pass
    rates = watch.read(sums(40, 0, 10))
    assert rates.images_per_second == 2.0
    assert rates.steps_per_second == 0.5
    assert rates.paused_seconds_per_step == 8.0


def test_what_is_left_has_its_share_of_pauses():
    rates = progress.Rates(1.0, 1.0, 0.5, paused_seconds_per_step=8.0)
    assert rates.seconds_for(10) == 100.0
    assert rates.seconds_for(0) == 0.0


def test_a_pause_is_spread_over_all_steps_so_far():
    times = iter([0.0, 10.0, 30.0, 40.0, 60.0])
    watch = progress.Stopwatch(sums(0, 0, 5), lambda: next(times))
    with watch.paused():
        pass
    # The 5 steps of the sums were another process'.
    assert watch.read(sums(0, 0, 15)).paused_seconds_per_step == 2.0
    assert watch.read(sums(0, 0, 10)).paused_seconds_per_step == 1.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(65, "1:05"), (3725, "1:02:05"), (0.4, "0:00")]
)
def test_durations(seconds, text):
    assert progress.format_seconds(seconds) == text


def test_line():
    line = progress.format_line(
        100,
        300,
        loss=1.5,
        accuracy=0.25,
        learning_rate=1e-2,
        rates=progress.Rates(64.0, 2500.0, 2.0),
    )
    assert line == (
        "step 100/300  loss 1.5000  token accuracy 0.250  lr 1.00e-02  "
        "64 images/s  2500 tokens/s  1:40 left"
    )


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
