"""Counts by task."""

import pytest

from pali_tf.inspection import statistics
from tests.support.drawn_examples import example

LENGTHS = {"inputs": 8, "targets": 4}


def test_lengths_fall_into_bins():
    texts = [example(" ".join("a" * n)).prompt for n in (1, 2, 3, 20)]
    found = statistics.measure(texts, limit=32, end=20)
    assert found.bins == (2, 1, 0, 0, 0, 0, 0, 0, 0, 1)
    assert (found.median, found.longest, found.limit) == (2.5, 20, 32)
    assert statistics.measure([], limit=8, end=0).longest == 0


def test_a_task_is_summed_up():
    examples = [
        example(language="fr", form="which"),
        example(language="en", seed=None, example_id=""),
        example(language="fr", is_prompt_cut=True),
        example(task="webli_ocr"),
    ]
    rates = {"vq2a_cc3m35l_vqa": 0.5, "webli_ocr": 0.4, "rare": 0.1}
    first, second, rare = statistics.summarize(examples, rates, LENGTHS)
    assert (first.count, first.share, first.rate) == (3, 0.75, 0.5)
    assert list(first.languages.items()) == [("fr", 2), ("en", 1)]
    assert first.forms == {"which": 1}
    assert (first.num_images, first.num_again) == (2, 1)
    assert first.share_cut == pytest.approx(1 / 3)
    assert (second.count, second.num_again) == (1, 0)
    assert (rare.count, rare.share_cut, rare.inputs.longest) == (0, 0, 0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
