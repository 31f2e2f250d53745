import pytest
import tensorflow as tf

from pali_tf.evaluation.caption_words import words
from seqio_tasks import languages


def test_prompts_name_languages_in_upper_case():
    assert languages.prompt_code(tf.constant("en")).numpy() == b"EN"


@pytest.mark.parametrize("code", languages.WITHOUT_SPACES)
def test_tasks_and_metrics_split_the_same_languages_into_characters(code):
    assert languages.is_without_spaces(tf.constant(code))
    assert words("ab", code) == ["a", "b"]


@pytest.mark.parametrize("code", ["en", "ko", "ar", "hi"])
def test_other_languages_have_words(code):
    assert not languages.is_without_spaces(tf.constant(code))
    assert words("ab c", code) == ["ab", "c"]


def test_the_lists_have_the_papers_lengths():
    assert len(set(languages.XM3600)) == 36
    assert len(set(languages.CC3M_35L)) == 35
    assert set(languages.XM3600) - set(languages.CC3M_35L) == {"quz"}
    assert len(set(languages.WEBLI)) == 109
    assert set(languages.CC3M_35L) <= set(languages.WEBLI)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
