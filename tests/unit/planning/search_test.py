"""Layouts compared by formula."""

import pytest

from pali_tf.planning import report, search
from pali_tf.planning.ahead_of_time import CompiledStep, DoesNotFit
from pali_tf.planning.run import layout_of
from pali_tf.planning.search import Candidate
from pali_tf.planning.topology import parse_topology
from tests.support.planned_run import made_up_devices, make_run

pytestmark = pytest.mark.slow

TOPOLOGY = parse_topology("v4:4x4x4")


def find(run):
    return search.candidates(run, TOPOLOGY, made_up_devices(4, 4, 4))


def test_the_run_s_own_layout_is_first_and_the_others_by_time():
    run = make_run(num_partitions=2, batch_size=256)
    found = find(run)
    assert found[0].estimate.layout == layout_of(run)
    times = [c.estimate.roofline.most for c in found[1:]]
    assert times == sorted(times)
    layouts = [c.estimate.layout for c in found]
    assert len(set(layouts)) == len(layouts) > 20


def test_layouts_that_do_not_divide_are_left_out():
    found = find(make_run(num_partitions=1, batch_size=64))
    # Two heads of eight: a model axis of 8 would not divide the kernels' 16.
    for candidate in found:
        layout = candidate.estimate.layout
        rows = 64 // (64 // layout.num_partitions)
        assert rows % layout.num_microbatches == 0


def compiled(candidate, seconds):
    return Candidate(
        estimate=candidate.estimate,
        compiled=CompiledStep(
            seconds=seconds,
            state_bytes=1,
            arguments_bytes=1,
            temporaries_bytes=1,
            program_bytes=1,
            peak_bytes=2**30,
            hlo="",
        ),
    )


def test_the_fastest_that_fits_is_recommended():
    found = find(make_run(num_partitions=2, batch_size=256))
    no = DoesNotFit(
        seconds=1.0, needs_bytes=40 * 2**30, available_bytes=1, message="no"
    )
    slow, fast = found[-1], found[2]
    rows = [
        Candidate(estimate=found[1].estimate, compiled=no),
        compiled(slow, 1.0),
        compiled(fast, 1.0),
    ]
    best = search.recommend(rows, TOPOLOGY)
    assert best is not None
    assert best.estimate.layout == fast.estimate.layout
    table = report.format_candidates(rows)
    assert "no: 40.0 GiB" in table
    assert "1.0 GiB" in table
    assert search.recommend(rows[:1], TOPOLOGY) is None


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
