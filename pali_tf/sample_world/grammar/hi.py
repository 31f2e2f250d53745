"""Hindi: two genders; direct case, and oblique before a postposition."""

from pali_tf.sample_world.grammar.grammar import Grammar

_DIRECT = {
    "m": "एक {color[m]} {noun[dir]}",
    "f": "एक {color[f]} {noun[dir]}",
}
_OBLIQUE = {
    "m": "एक {color[m_obl]} {noun[obl]}",
    "f": "एक {color[f]} {noun[obl]}",
}


def _declined(stem: str) -> dict[str, str]:
    """Returns the forms of an adjective in -ā."""
    return {"m": stem + "ा", "f": stem + "ी", "m_obl": stem + "े"}


def _fixed(form: str) -> dict[str, str]:
    """Returns the forms of an adjective that does not change."""
    return {"m": form, "f": form, "m_obl": form}


GRAMMAR = Grammar(
    language="hi",
    nouns={
        "circle": {"class": "m", "dir": "वृत्त", "obl": "वृत्त"},
        "square": {"class": "m", "dir": "वर्ग", "obl": "वर्ग"},
        "triangle": {"class": "m", "dir": "त्रिभुज", "obl": "त्रिभुज"},
        "star": {"class": "m", "dir": "तारा", "obl": "तारे"},
        "cross": {"class": "m", "dir": "क्रॉस", "obl": "क्रॉस"},
        "diamond": {"class": "m", "dir": "समचतुर्भुज", "obl": "समचतुर्भुज"},
        "object": {"class": "f", "dir": "वस्तु", "obl": "वस्तु"},
    },
    colors={
        "red": _fixed("लाल"),
        "green": _declined("हर"),
        "blue": _declined("नील"),
        "yellow": _declined("पील"),
        "purple": _fixed("बैंगनी"),
        "orange": _fixed("नारंगी"),
    },
    sizes={"small": _declined("छोट"), "large": _declined("बड़")},
    textures={"plain": "", "striped": "धारीदार", "dotted": "बिंदीदार"},
    phrases={
        "listed": _DIRECT,
        "picture": _OBLIQUE,
        "shown": _DIRECT,
        "exists": _DIRECT,
        "which_color": {"m": "{noun[obl]}", "f": "{noun[obl]}"},
        "which_shape": {
            "m": "{color[m_obl]} {noun[obl]}",
            "f": "{color[f]} {noun[obl]}",
        },
        "where": {
            "m": "{color[m]} {noun[dir]}",
            "f": "{color[f]} {noun[dir]}",
        },
        "detailed": {
            "m": "एक {size[m]} {texture} {color[m]} {noun[dir]}",
            "f": "एक {size[f]} {texture} {color[f]} {noun[dir]}",
        },
    },
    comma=", ",
    last_comma=" और ",
    places={
        "top left": "ऊपर बाईं ओर",
        "top right": "ऊपर दाईं ओर",
        "bottom left": "नीचे बाईं ओर",
        "bottom right": "नीचे दाईं ओर",
        "center": "बीच में",
    },
    backgrounds={"dark": "गहरी", "light": "हल्की"},
    alt_texts={
        "list": "{listed}",
        "picture": "{picture} की तस्वीर",
        "background": "{background} पृष्ठभूमि पर {listed}",
        "word": "{listed} और पाठ {word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "चित्र में: {shown}।",
        "place": "{where} {place} है।",
        "count": "वस्तुओं की संख्या: {count}।",
        "word": "{word} लिखा है।",
    },
    questions={
        "color": "{phrase} का रंग क्या है?",
        "shape": "{phrase} का आकार क्या है?",
        "count": "कितनी वस्तुएँ हैं?",
        "position": "{phrase} कहाँ है?",
        "presence": "क्या यहाँ {phrase} है?",
        "text": "क्या लिखा है?",
    },
)
