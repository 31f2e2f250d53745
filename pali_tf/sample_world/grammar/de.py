"""German: three genders, four cases, strong and weak adjective endings."""

from pali_tf.sample_world.grammar.grammar import Grammar

_NOMINATIVE = {
    "m": "ein {color}er {noun[one]}",
    "n": "ein {color}es {noun[one]}",
    "f": "eine {color}e {noun[one]}",
}
_ACCUSATIVE = _NOMINATIVE | {"m": "einen {color}en {noun[one]}"}
_DATIVE = {
    "m": "einem {color}en {noun[one]}",
    "n": "einem {color}en {noun[one]}",
    "f": "einer {color}en {noun[one]}",
}
_DEFINITE = {
    "m": "der {color}e {noun[one]}",
    "n": "das {color}e {noun[one]}",
    "f": "die {color}e {noun[one]}",
}

GRAMMAR = Grammar(
    language="de",
    nouns={
        "circle": {"class": "m", "one": "Kreis"},
        "square": {"class": "n", "one": "Quadrat"},
        "triangle": {"class": "n", "one": "Dreieck"},
        "star": {"class": "m", "one": "Stern"},
        "cross": {"class": "n", "one": "Kreuz"},
        "diamond": {"class": "f", "one": "Raute"},
        "object": {"class": "n", "one": "Objekt"},
    },
    colors={
        "red": "rot",
        "green": "grün",
        "blue": "blau",
        "yellow": "gelb",
        "purple": "violett",
        "orange": "orangefarben",
    },
    sizes={"small": "klein", "large": "groß"},
    textures={
        "plain": {"m": "", "n": "", "f": ""},
        "striped": {"m": "gestreifter", "n": "gestreiftes", "f": "gestreifte"},
        "dotted": {"m": "gepunkteter", "n": "gepunktetes", "f": "gepunktete"},
    },
    phrases={
        "listed": _NOMINATIVE,
        "picture": _DATIVE,
        "shown": _ACCUSATIVE,
        "exists": _ACCUSATIVE,
        "which_color": {
            "m": "der {noun[one]}",
            "n": "das {noun[one]}",
            "f": "die {noun[one]}",
        },
        "which_shape": _DEFINITE,
        "where": _DEFINITE,
        "detailed": {
            "m": "ein {size}er {texture[m]} {color}er {noun[one]}",
            "n": "ein {size}es {texture[n]} {color}es {noun[one]}",
            "f": "eine {size}e {texture[f]} {color}e {noun[one]}",
        },
    },
    comma=", ",
    last_comma=" und ",
    places={
        "top left": "oben links",
        "top right": "oben rechts",
        "bottom left": "unten links",
        "bottom right": "unten rechts",
        "center": "in der Mitte",
    },
    backgrounds={"dark": "dunklem", "light": "hellem"},
    alt_texts={
        "list": "{listed}",
        "picture": "ein Bild mit {picture}",
        "background": "{listed} auf {background} Hintergrund",
        "word": "{listed} mit dem Text {word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "Das Bild zeigt {shown}.",
        "place": "{where} ist {place}.",
        "count": "Anzahl der Objekte: {count}.",
        "word": "Darauf steht {word}.",
    },
    questions={
        "color": "Welche Farbe hat {phrase}?",
        "shape": "Welche Form hat {phrase}?",
        "count": "Wie viele Objekte gibt es?",
        "position": "Wo ist {phrase}?",
        "presence": "Gibt es {phrase}?",
        "text": "Was steht geschrieben?",
    },
)
