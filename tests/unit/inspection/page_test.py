"""The page: it is whole, small, and says nothing as HTML that is text."""

import json
import re

import pytest

from pali_tf.data.boxes import LabelledBox
from pali_tf.inspection import findings, page, statistics
from tests.support.drawn_examples import example

SOURCE = page.Source(
    name="my_mixture",
    split="train",
    data_dir="DATA",
    seed=3,
    image_size=16,
)
EXAMPLES = [
    example(target="</script><b>a cat", language="fr"),
    example(target="", seed=1, example_id="image-1"),
    example(task="text_span_corruption", seed=None, example_id=""),
    example(
        task="object_detection",
        prompt="detect cat",
        target="0 100 500 999 cat",
        boxes=(LabelledBox(0.0, 0.1, 0.5, 1.0, "cat"),),
    ),
]


@pytest.fixture(scope="module")
def text():
    rates = {e.task: 1 / 3 for e in EXAMPLES}
    tasks = statistics.summarize(EXAMPLES, rates, {"inputs": 8, "targets": 4})
    return page.render(SOURCE, EXAMPLES, tasks, findings.find(EXAMPLES))


@pytest.fixture(scope="module")
def content(text):
    (found,) = re.findall(r'<script id="data"[^>]*>(.*?)</script>', text)
    return json.loads(found)


def test_the_page_needs_nothing_beside_it(text):
    addresses = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert [a for a in addresses if not a.startswith(("#", "data:"))] == []
    assert "url(" not in text and "http" not in text.replace("http-equiv", "")


def test_an_examples_text_does_not_end_the_script(text, content):
    assert text.count("</script>") == 2
    assert content["examples"][0]["target"] == "</script><b>a cat"


def test_numbers_and_findings_are_on_the_page(text):
    assert "my_mixture" in text and "seed 3" in text
    assert findings.TITLES["empty-target"] in text
    assert 'data-finding="empty-target"' in text


def test_examples_are_packed(content):
    first, second, document, detection = content["examples"]
    pieces = content["pieces"]
    assert [pieces[p] for p in first["inputs"]][0] == [6, "▁Answer"]
    assert second["findings"] == ["empty-target"]
    assert document["image"] is None
    assert detection["boxes"] == [[0.0, 0.1, 0.5, 1.0, "cat"]]
    # Equal pictures are held once.
    assert first["image"] == detection["image"] != second["image"]
    assert len(content["images"]) == 2
    assert content["images"][0].startswith("data:image/jpeg;base64,")


def test_a_mixture_without_faults_says_what_was_looked_for():
    tasks = statistics.summarize(
        EXAMPLES[:1], {"vq2a_cc3m35l_vqa": 1.0}, {"inputs": 8, "targets": 4}
    )
    assert "Nothing: no empty target" in page.render(
        SOURCE, EXAMPLES[:1], tasks, []
    )


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
