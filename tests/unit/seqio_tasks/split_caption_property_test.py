"""A split caption, put together again, is the caption: in any script."""

import re

import pytest
import seqio
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pali_tf.data import vocabulary
from seqio_tasks import preprocessors

_SCRIPTS = {
    "en": "abcdefg '-",
    "ru": "абвгде",
    "el": "αβγδεζ",
    "ar": "ابتثجح",
    "he": "אבגדהו",
    "hi": "कखगघिी्",
    "ko": "가나다라마",
    "zh": "红猫和蓝狗",
    "ja": "ねこと犬カナ",
    "th": "กขคงจ่",
}
_WITHOUT_SPACES = ("zh", "ja", "th")
_PROMPT = re.compile(
    r"Generate the alt_text in ([A-Z]+) at (\d+): (.*?) ?<extra_id_0>"
)


def captions(language):
    letters = _SCRIPTS[language].replace(" ", "")
    word = st.text(letters, min_size=1, max_size=5)
    space = "" if language in _WITHOUT_SPACES else " "
    return st.lists(word, min_size=1, max_size=8).map(space.join)


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    path = tmp_path_factory.mktemp("v") / "m.model"
    vocabulary.train(["a caption of some words"] * 9, path)
    feature = seqio.Feature(vocabulary=vocabulary.load(path))

    @tf.function(
        input_signature=[
            tf.TensorSpec([1], tf.string),
            tf.TensorSpec([1], tf.string),
            tf.TensorSpec([2], tf.int64),
        ]
    )
    def call(text, language, seed):
        example = preprocessors.split_caption(
            {"caption/text": text, "caption/language": language, "seed": seed},
            {"inputs": 512, "targets": 512},
            {"inputs": feature},
        )
        return example["inputs"], example["targets"]

    return call


@pytest.mark.slow
@given(st.data(), st.sampled_from(sorted(_SCRIPTS)), st.integers(0, 2**40))
@settings(max_examples=300, deadline=None)
def test_both_parts_make_the_caption(split, data, language, number):
    caption = data.draw(captions(language))
    prompt, target = (
        text.numpy().decode()
        for text in split([caption], [language], [7, number])
    )
    code, position, beginning = _PROMPT.fullmatch(prompt).groups()
    assert code == language.upper()
    space = "" if language in _WITHOUT_SPACES else " "
    assert beginning + (space if beginning else "") + target == caption
    words = list(caption) if not space else caption.split(" ")
    assert int(position) == len(beginning if not space else beginning.split())
    if len(words) > 1:
        assert 1 <= int(position) < len(words)
    else:
        assert int(position) == 0


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
