"""Lines of T5X's infer.py, as it asks for them."""

import json

import pytest
import seqio
import tensorflow as tf

from pali_tf.engines.t5x import evaluator
from tests.support import tiny_vocabulary


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    path = tmp_path_factory.mktemp("vocabulary") / "tiny.model"
    path.write_bytes(tiny_vocabulary.make())
    return seqio.SentencePieceVocabulary(str(path))


@pytest.mark.parametrize(
    ("mode", "aux", "found"),
    [
        ("predict", {}, {"prediction": "two"}),
        (
            "predict_with_aux",
            {"scores": [-2.0, -1.0]},
            {"prediction": "two", "score": -1.0},
        ),
        ("score", {}, {"score": -1.0}),
    ],
)
def test_a_line_has_the_example_and_what_was_found(
    tmp_path, words, mode, aux, found
):
    def tokens(text):
        # T5X pads what it takes at once.
        return [*words.encode(text), 1, 0, 0]

    examples = tf.data.Dataset.from_tensors(
        {
            "example_id": "one",
            "inputs": tokens("what is in the image"),
            "targets": tokens("two blue"),
        }
    ).repeat(2)
    answers = [tokens("a red"), tokens("two")]
    evaluator.write_lines(
        str(tmp_path / "lines"),
        ([-2.0, -1.0] if mode == "score" else answers, aux),
        examples,
        mode,
        words,
    )
    lines = (tmp_path / "lines").read_text().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[1]) == {
        "example_id": "one",
        "input": "what is in the image",
        "target": "two blue",
        **found,
    }


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
