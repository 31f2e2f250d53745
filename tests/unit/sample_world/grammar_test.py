import itertools

import pytest

from pali_tf.sample_world import catalog, grammar
from pali_tf.sample_world.grammar import (
    GRAMMARS,
    LANGUAGES,
    capitalize,
)

# By hand: gender, case and article in each language.
PHRASES = [
    ("en", "listed", "orange", "square", "an orange square"),
    ("en", "where", "orange", "square", "the orange square"),
    ("fr", "listed", "green", "star", "une étoile verte"),
    ("fr", "where", "purple", "star", "l'étoile violette"),
    ("fr", "where", "blue", "cross", "la croix bleue"),
    ("fr", "which_shape", "green", "object", "l'objet vert"),
    ("de", "listed", "red", "star", "ein roter Stern"),
    ("de", "listed", "red", "diamond", "eine rote Raute"),
    ("de", "listed", "red", "square", "ein rotes Quadrat"),
    ("de", "exists", "red", "star", "einen roten Stern"),
    ("de", "picture", "red", "star", "einem roten Stern"),
    ("de", "picture", "red", "diamond", "einer roten Raute"),
    ("de", "which_color", "red", "star", "der Stern"),
    ("es", "listed", "yellow", "cross", "una cruz amarilla"),
    ("es", "where", "purple", "circle", "el círculo morado"),
    ("ru", "listed", "blue", "star", "синяя звезда"),
    ("ru", "picture", "blue", "star", "синей звездой"),
    ("ru", "picture", "green", "square", "зелёным квадратом"),
    ("el", "listed", "green", "circle", "ένας πράσινος κύκλος"),
    ("el", "picture", "green", "circle", "έναν πράσινο κύκλο"),
    ("el", "listed", "green", "star", "ένα πράσινο αστέρι"),
    ("tr", "listed", "yellow", "star", "sarı bir yıldız"),
    ("id", "listed", "red", "star", "sebuah bintang merah"),
    ("zh", "listed", "red", "star", "一个红色星形"),
    ("ja", "listed", "green", "star", "緑色の星"),
    ("hi", "listed", "blue", "star", "एक नीला तारा"),
    ("hi", "picture", "blue", "star", "एक नीले तारे"),
    ("hi", "which_shape", "green", "object", "हरी वस्तु"),
    ("ar", "listed", "red", "star", "نجمة حمراء"),
    ("ar", "where", "red", "square", "المربع الأحمر"),
]


@pytest.mark.parametrize("language,role,color,shape,expected", PHRASES)
def test_noun_phrases_agree(language, role, color, shape, expected):
    found = GRAMMARS[language].noun_phrase(role, shape=shape, color=color)
    assert found == expected


@pytest.mark.parametrize(
    "language,expected",
    [
        ("en", "a small striped red star"),
        ("fr", "une petite étoile rouge à rayures"),
        ("de", "ein kleiner gestreifter roter Stern"),
        ("ru", "маленькая полосатая красная звезда"),
        ("ja", "小さな縞模様の赤い星"),
        ("ar", "نجمة حمراء مخططة صغيرة"),
    ],
)
def test_details_agree(language, expected):
    found = GRAMMARS[language].noun_phrase(
        "detailed", shape="star", color="red", size="small", texture="striped"
    )
    assert found == expected


def test_plain_objects_have_no_gap_where_the_texture_would_stand():
    found = GRAMMARS["en"].noun_phrase("detailed", shape="star", color="red")
    assert found == "a large red star"


@pytest.mark.parametrize(
    "language,expected",
    [("en", "a, b and c"), ("zh", "a、b和c"), ("ar", "a وb وc")],
)
def test_lists_are_joined(language, expected):
    assert GRAMMARS[language].join(["a", "b", "c"]) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_can_be_said_and_no_two_are_alike(language):
    spoken = GRAMMARS[language]
    shapes = (*catalog.SHAPES, "object")
    for role in grammar.ROLES:
        said = [
            spoken.noun_phrase(role, shape=shape, color=color)
            for color, shape in itertools.product(catalog.COLORS, shapes)
        ]
        distinct = len(shapes) * (
            1 if role == "which_color" else len(catalog.COLORS)
        )
        assert len(set(said)) == distinct
        assert all(text == text.strip() and "  " not in text for text in said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_is_full(language):
    spoken = GRAMMARS[language]
    english = GRAMMARS["en"]
    for table in (
        "nouns",
        "colors",
        "sizes",
        "textures",
        "phrases",
        "places",
        "backgrounds",
        "alt_texts",
        "sentences",
        "questions",
    ):
        assert getattr(spoken, table).keys() == getattr(english, table).keys()
    assert set(spoken.colors) == set(catalog.COLORS)
    assert set(spoken.textures) == set(catalog.TEXTURES)
    assert set(spoken.places) == set(grammar.PLACES)


def test_capitalize_leaves_the_rest_alone():
    assert capitalize("der Stern ist ROT") == "Der Stern ist ROT"
    assert capitalize("") == ""


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
