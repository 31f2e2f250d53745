"""French: two genders; "mv" and "fv" are nouns whose article is elided."""

from pali_tf.sample_world.grammar.grammar import Grammar

_M = "un {noun[one]} {color[m]}"
_F = "une {noun[one]} {color[f]}"
_A = {"m": _M, "f": _F, "mv": _M, "fv": _F}
_DEFINITE = {
    "m": "le {noun[one]} {color[m]}",
    "f": "la {noun[one]} {color[f]}",
    "mv": "l'{noun[one]} {color[m]}",
    "fv": "l'{noun[one]} {color[f]}",
}
_DETAILED_M = "un {size[m]} {noun[one]} {color[m]} {texture}"
_DETAILED_F = "une {size[f]} {noun[one]} {color[f]} {texture}"

GRAMMAR = Grammar(
    language="fr",
    nouns={
        "circle": {"class": "m", "one": "cercle"},
        "square": {"class": "m", "one": "carré"},
        "triangle": {"class": "m", "one": "triangle"},
        "star": {"class": "fv", "one": "étoile"},
        "cross": {"class": "f", "one": "croix"},
        "diamond": {"class": "m", "one": "losange"},
        "object": {"class": "mv", "one": "objet"},
    },
    colors={
        "red": {"m": "rouge", "f": "rouge"},
        "green": {"m": "vert", "f": "verte"},
        "blue": {"m": "bleu", "f": "bleue"},
        "yellow": {"m": "jaune", "f": "jaune"},
        "purple": {"m": "violet", "f": "violette"},
        "orange": {"m": "orange", "f": "orange"},
    },
    sizes={
        "small": {"m": "petit", "f": "petite"},
        "large": {"m": "grand", "f": "grande"},
    },
    textures={"plain": "", "striped": "à rayures", "dotted": "à pois"},
    phrases={
        "listed": _A,
        "picture": _A,
        "shown": _A,
        "exists": _A,
        "which_color": {
            "m": "le {noun[one]}",
            "f": "la {noun[one]}",
            "mv": "l'{noun[one]}",
            "fv": "l'{noun[one]}",
        },
        "which_shape": _DEFINITE,
        "where": _DEFINITE,
        "detailed": {
            "m": _DETAILED_M,
            "f": _DETAILED_F,
            "mv": _DETAILED_M,
            "fv": _DETAILED_F,
        },
    },
    comma=", ",
    last_comma=" et ",
    places={
        "top left": "en haut à gauche",
        "top right": "en haut à droite",
        "bottom left": "en bas à gauche",
        "bottom right": "en bas à droite",
        "center": "au centre",
    },
    backgrounds={"dark": "sombre", "light": "clair"},
    alt_texts={
        "list": "{listed}",
        "picture": "une image avec {picture}",
        "background": "{listed} sur fond {background}",
        "word": "{listed} avec le texte {word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "L'image montre {shown}.",
        "place": "{where} est {place}.",
        "count": "Nombre d'objets : {count}.",
        "word": "Il est écrit {word}.",
    },
    questions={
        "color": "De quelle couleur est {phrase} ?",
        "shape": "Quelle forme a {phrase} ?",
        "count": "Combien d'objets y a-t-il ?",
        "position": "Où est {phrase} ?",
        "presence": "Y a-t-il {phrase} ?",
        "text": "Qu'est-ce qui est écrit ?",
    },
)
