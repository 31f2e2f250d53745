import pytest
from PIL import features

from pali_tf.sample_world import fonts, lettering
from pali_tf.sample_world.grammar import GRAMMARS


@pytest.fixture(autouse=True)
def forget():
    yield
    fonts.find_font.cache_clear()
    fonts.wheel_font.cache_clear()


def test_the_wheel_draws_latin_greek_cyrillic_and_digits():
    path = fonts.wheel_font()
    for script in ("Latin", "Greek", "Cyrillic", "digits"):
        assert fonts.find_font(script) == path


def test_without_the_wheel_the_error_says_how_to_get_it(monkeypatch):
    fonts.wheel_font.cache_clear()
    monkeypatch.setattr(fonts.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="pip install matplotlib"):
        fonts.wheel_font()


def test_a_bare_machine_is_told_which_packages_bring_fonts(monkeypatch):
    fonts.find_font.cache_clear()
    monkeypatch.setattr(fonts, "_installed_fonts", dict)
    monkeypatch.setattr(features, "check", lambda name: True)
    assert fonts.missing_scripts() == {
        "Han": "apt-get install fonts-noto-cjk",
        "Kana": "apt-get install fonts-noto-cjk",
        "Devanagari": "apt-get install fonts-noto-core",
        "Arabic": "apt-get install fonts-noto-core",
    }
    with pytest.raises(ValueError, match="fonts-noto-cjk"):
        lettering.word_mask("出口", "Han", 16)


def test_scripts_that_need_shaping_are_missing_without_raqm(monkeypatch):
    fonts.find_font.cache_clear()
    monkeypatch.setattr(features, "check", lambda name: False)
    missing = fonts.missing_scripts()
    assert "raqm" in missing["Arabic"]
    assert "raqm" in missing["Devanagari"]


def test_every_script_of_the_languages_is_known():
    for grammar in GRAMMARS.values():
        assert grammar.script in fonts.SCRIPTS
        assert len(set(grammar.words)) == len(grammar.words)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
