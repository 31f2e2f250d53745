import pytest
from hypothesis import given
from hypothesis import strategies as st

from pali_tf.data.boxes import LabelledBox, parse_boxes
from tests.support.box_text import format_boxes, quantize

COORDINATES = st.floats(0, 1)
LABELS = st.sampled_from(["cat", "red circle", "7th tree", "猫"])
GRID = st.integers(0, 999)
# What a model writes when it goes wrong: pieces of boxes in any order.
PIECES = st.one_of(
    st.integers(-5, 12_000).map(str),
    LABELS,
    st.sampled_from(
        ["", "cat,", "<extra_id_0>", "12.5", "1e3", "٣", "²", "\n"]
    ),
)


def box(a, b, c, d, label):
    ymin, ymax = sorted((a, b))
    xmin, xmax = sorted((c, d))
    return LabelledBox(ymin, xmin, ymax, xmax, label)


def test_format():
    boxes = [
        LabelledBox(0.01, 0.02, 0.09, 0.1, "cat"),
        LabelledBox(0.0, 0.1, 0.5, 1.0, "red dog"),
    ]
    assert format_boxes(boxes) == "10 20 90 100 cat 0 100 500 999 red dog"


def test_quantize_stays_in_range():
    assert [quantize(c) for c in (-0.1, 0.0, 0.5, 1.0, 1.2)] == [
        0,
        0,
        500,
        999,
        999,
    ]


@given(
    st.lists(
        st.builds(
            box, COORDINATES, COORDINATES, COORDINATES, COORDINATES, LABELS
        )
    )
)
def test_what_is_written_is_read(boxes):
    whole = [
        b
        for b in boxes
        if quantize(b.ymin) < quantize(b.ymax)
        and quantize(b.xmin) < quantize(b.xmax)
    ]
    read = parse_boxes(format_boxes(boxes))
    assert [b.label for b in read] == [b.label for b in whole]
    for found, expected in zip(read, whole, strict=True):
        for side in ("ymin", "xmin", "ymax", "xmax"):
            error = abs(getattr(found, side) - getattr(expected, side))
            assert error <= 0.5 / 999 + 1e-9


@given(st.lists(st.tuples(GRID, GRID, GRID, GRID, LABELS)))
def test_a_box_on_the_grid_comes_back_exactly(rows):
    boxes = [
        box(*(side / 999 for side in sides), label)
        for *sides, label in rows
        if sides[0] != sides[1] and sides[2] != sides[3]
    ]
    text = format_boxes(boxes)
    assert parse_boxes(text) == boxes
    assert format_boxes(parse_boxes(text)) == text


@given(st.lists(PIECES).map(" ".join))
def test_broken_boxes_give_whole_ones_or_none(text):
    for found in parse_boxes(text):
        assert 0 <= found.ymin < found.ymax <= 1
        assert 0 <= found.xmin < found.xmax <= 1
        assert found.label.strip()
        # Each is written in the text as it is read.
        assert format_boxes([found]) in " ".join(
            str(int(word)) if word.isdecimal() else word
            for word in text.split()
        )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cat",
        "1 2 3 cat",
        "10 20 90 100",
        "90 20 10 100 cat",
        "10 20 10 100 cat",
        "1000 2000 3000 4000 cat",
        "1010 20 90 100 cat",
        "x10 20 90 100 cat",
        "<extra_id_0> 5",
    ],
)
def test_malformed_text_has_no_box(text):
    assert parse_boxes(text) == []


def test_a_whole_box_among_malformed_ones_is_found():
    text = "1 2 3 cat  10 20 90 100 big dog 5 5 1 1 cow 7"
    assert [b.label for b in parse_boxes(text)] == ["big dog"]


@given(st.text())
def test_any_text_is_survived(text):
    assert all(box.label for box in parse_boxes(text))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
