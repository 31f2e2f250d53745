"""The terminal's table."""

import pytest

from pali_tf.inspection import findings, statistics, table
from tests.support.drawn_examples import example


def test_bars():
    assert table.sparkline([0, 1, 100]) == " ▁█"
    assert table.sparkline([0, 0]) == "  "


def test_counts_are_named_up_to_a_number():
    counts = {"en": 7, "fr": 2, "de": 1}
    assert table.describe_counts(counts, 2) == "en 7, fr 2, 1 more"
    assert table.describe_counts(counts, 3) == "en 7, fr 2, de 1"


def test_a_row_has_the_numbers_of_its_task():
    tasks = statistics.summarize(
        [example(), example(is_target_cut=True)],
        {"vq2a_cc3m35l_vqa": 0.25, "webli_ocr": 0.75},
        {"inputs": 8, "targets": 4},
    )
    header, _, first, second = (
        line for line in table.format_table(tasks).splitlines() if line.strip()
    )
    assert "prompt of 8 tokens" in header and "target of 4 tokens" in header
    for part in ("vq2a_cc3m35l_vqa", "25.0%", "100.0%", "5–5", "50.0%", "en 2"):
        assert part in first
    assert "75.0%" in second and "0.0%" in second


def test_findings_name_examples():
    examples = [example(target="", example_id=f"image-{n}") for n in range(5)]
    text = table.format_findings(findings.find(examples), examples)
    assert "empty-target  vq2a_cc3m35l_vqa: 5 of 5 (100.0%)" in text
    assert "Such as image-0, image-1, image-2." in text
    assert table.format_findings([], examples) == "Nothing looks wrong.\n"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
