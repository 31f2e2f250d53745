"""The charts: their ticks, their numbers, their lines."""

import math
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pali_tf.reporting.plot import (
    Series,
    format_number,
    line_chart,
    nice_ticks,
    smooth,
)


def chart(*series, **settings):
    text = line_chart(series, title="Loss <&>", **settings)
    return ElementTree.fromstring(text)


def lines(svg):
    return [e for e in svg.iter() if e.tag == "polyline"]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.3, 9.7, [0.0, 2.5, 5.0, 7.5, 10.0]),
        (0.0, 0.01, [0.0, 0.0025, 0.005, 0.0075, 0.01]),
        (0, 1, [0.0, 0.25, 0.5, 0.75, 1.0]),
    ],
)
def test_nice_ticks(low, high, ticks):
    assert nice_ticks(low, high) == pytest.approx(ticks)


@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-6, 1e6),
)
def test_ticks_span_the_values_and_are_few(low, size):
    high = low + size
    ticks = nice_ticks(low, high)
    slack = 1e-6 * max(abs(low), abs(high), size)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 8


def test_a_constant_has_room_around_it():
    ticks = nice_ticks(3.0, 3.0)
    assert ticks[0] < 3.0 < ticks[-1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.00125, "1.25e-3"),
        (0.01, "0.01"),
        (2.5, "2.5"),
        (12_000, "12k"),
        (382_324, "382.324k"),
    ],
)
def test_format_number(value, text):
    assert format_number(value) == text


def test_smoothing_keeps_few_values_and_both_ends():
    few = [1.0, 5.0, 2.0]
    assert smooth(few) == few
    many = [float(i % 2) for i in range(50)]
    smoothed = smooth(many)
    assert smoothed[0] == many[0]
    assert smoothed[-1] == many[-1]
    assert smoothed[10] == pytest.approx(2 / 3)


def test_a_chart_is_xml_and_its_title_escaped():
    svg = chart(Series(label="loss", xs=[0, 1, 2], ys=[3.0, 2.0, 1.0]))
    assert svg.attrib["aria-label"] == "Loss <&>"
    raw, bold = lines(svg)
    assert "raw" in raw.attrib["class"]
    assert len(bold.attrib["points"].split()) == 3


def test_larger_values_are_higher_on_the_page():
    svg = chart(Series(label="a", xs=[0, 1], ys=[0.0, 1.0]))
    first, last = lines(svg)[-1].attrib["points"].split()
    assert float(first.split(",")[1]) > float(last.split(",")[1])


def test_what_is_no_number_is_left_out():
    svg = chart(Series(label="a", xs=[0, 1, 2], ys=[1.0, math.nan, 2.0]))
    assert len(lines(svg)[0].attrib["points"].split()) == 2


def test_many_points_are_thinned_and_the_last_is_kept():
    xs = list(range(10_000))
    svg = chart(Series(label="a", xs=xs, ys=[float(x) for x in xs]))
    points = lines(svg)[0].attrib["points"].split()
    assert 300 <= len(points) <= 400
    assert "9999 at 9999" in "".join(svg.itertext())


def test_a_line_keeps_its_colour_where_the_one_before_it_is_empty():
    svg = chart(
        Series(label="one", xs=[], ys=[]),
        Series(label="two", xs=[0, 1], ys=[1.0, 0.0]),
    )
    assert {e.attrib["class"] for e in lines(svg)} == {
        "raw series-2",
        "series-2",
    }


def test_one_point_is_a_dot():
    svg = chart(Series(label="a", xs=[5], ys=[1.0]))
    assert lines(svg) == []
    assert [e.tag for e in svg.iter() if e.tag == "circle"] == ["circle"]


def test_no_point_says_so():
    text = line_chart([Series(label="a", xs=[], ys=[])], title="<Loss>")
    assert text == "<p class='absent'>&lt;Loss&gt;: no points.</p>"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
