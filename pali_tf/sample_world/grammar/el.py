"""Greek: genders; nominative, and accusative after "με" and verbs."""

from pali_tf.sample_world.grammar.grammar import Grammar

_NOMINATIVE = {
    "m": "ένας {color[m]} {noun[nom]}",
    "n": "ένα {color[n]} {noun[nom]}",
}
# The accusative of a masculine adjective in -ος equals its neuter.
_ACCUSATIVE = {
    "m": "έναν {color[n]} {noun[acc]}",
    "n": "ένα {color[n]} {noun[nom]}",
}
_DEFINITE = {
    "m": "ο {color[m]} {noun[nom]}",
    "n": "το {color[n]} {noun[nom]}",
}

GRAMMAR = Grammar(
    language="el",
    nouns={
        "circle": {"class": "m", "nom": "κύκλος", "acc": "κύκλο"},
        "square": {"class": "n", "nom": "τετράγωνο"},
        "triangle": {"class": "n", "nom": "τρίγωνο"},
        "star": {"class": "n", "nom": "αστέρι"},
        "cross": {"class": "m", "nom": "σταυρός", "acc": "σταυρό"},
        "diamond": {"class": "m", "nom": "ρόμβος", "acc": "ρόμβο"},
        "object": {"class": "n", "nom": "αντικείμενο"},
    },
    colors={
        "red": {"m": "κόκκινος", "n": "κόκκινο"},
        "green": {"m": "πράσινος", "n": "πράσινο"},
        "blue": {"m": "μπλε", "n": "μπλε"},
        "yellow": {"m": "κίτρινος", "n": "κίτρινο"},
        "purple": {"m": "μοβ", "n": "μοβ"},
        "orange": {"m": "πορτοκαλί", "n": "πορτοκαλί"},
    },
    sizes={
        "small": {"m": "μικρός", "n": "μικρό"},
        "large": {"m": "μεγάλος", "n": "μεγάλο"},
    },
    textures={"plain": "", "striped": "ριγέ", "dotted": "πουά"},
    phrases={
        "listed": _NOMINATIVE,
        "picture": _ACCUSATIVE,
        "shown": _ACCUSATIVE,
        "exists": _NOMINATIVE,
        "which_color": {"m": "ο {noun[nom]}", "n": "το {noun[nom]}"},
        "which_shape": _DEFINITE,
        "where": _DEFINITE,
        "detailed": {
            "m": "ένας {size[m]} {texture} {color[m]} {noun[nom]}",
            "n": "ένα {size[n]} {texture} {color[n]} {noun[nom]}",
        },
    },
    comma=", ",
    last_comma=" και ",
    places={
        "top left": "πάνω αριστερά",
        "top right": "πάνω δεξιά",
        "bottom left": "κάτω αριστερά",
        "bottom right": "κάτω δεξιά",
        "center": "στο κέντρο",
    },
    backgrounds={"dark": "σκούρο", "light": "ανοιχτό"},
    alt_texts={
        "list": "{listed}",
        "picture": "μια εικόνα με {picture}",
        "background": "{listed} σε {background} φόντο",
        "word": "{listed} με το κείμενο {word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "Η εικόνα δείχνει {shown}.",
        "place": "{where} είναι {place}.",
        "count": "Αριθμός αντικειμένων: {count}.",
        "word": "Γράφει {word}.",
    },
    questions={
        "color": "Τι χρώμα έχει {phrase};",
        "shape": "Τι σχήμα έχει {phrase};",
        "count": "Πόσα αντικείμενα υπάρχουν;",
        "position": "Πού είναι {phrase};",
        "presence": "Υπάρχει {phrase};",
        "text": "Τι είναι γραμμένο;",
    },
)
