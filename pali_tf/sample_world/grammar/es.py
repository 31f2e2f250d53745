"""Spanish: two genders."""

from pali_tf.sample_world.grammar.grammar import Grammar

_A = {
    "m": "un {noun[one]} {color[m]}",
    "f": "una {noun[one]} {color[f]}",
}
_DEFINITE = {
    "m": "el {noun[one]} {color[m]}",
    "f": "la {noun[one]} {color[f]}",
}

GRAMMAR = Grammar(
    language="es",
    nouns={
        "circle": {"class": "m", "one": "círculo"},
        "square": {"class": "m", "one": "cuadrado"},
        "triangle": {"class": "m", "one": "triángulo"},
        "star": {"class": "f", "one": "estrella"},
        "cross": {"class": "f", "one": "cruz"},
        "diamond": {"class": "m", "one": "rombo"},
        "object": {"class": "m", "one": "objeto"},
    },
    colors={
        "red": {"m": "rojo", "f": "roja"},
        "green": {"m": "verde", "f": "verde"},
        "blue": {"m": "azul", "f": "azul"},
        "yellow": {"m": "amarillo", "f": "amarilla"},
        "purple": {"m": "morado", "f": "morada"},
        "orange": {"m": "naranja", "f": "naranja"},
    },
    sizes={
        "small": {"m": "pequeño", "f": "pequeña"},
        "large": {"m": "grande", "f": "grande"},
    },
    textures={"plain": "", "striped": "de rayas", "dotted": "de lunares"},
    phrases={
        "listed": _A,
        "picture": _A,
        "shown": _A,
        "exists": _A,
        "which_color": {"m": "el {noun[one]}", "f": "la {noun[one]}"},
        "which_shape": _DEFINITE,
        "where": _DEFINITE,
        "detailed": {
            "m": "un {noun[one]} {color[m]} {size[m]} {texture}",
            "f": "una {noun[one]} {color[f]} {size[f]} {texture}",
        },
    },
    comma=", ",
    last_comma=" y ",
    places={
        "top left": "arriba a la izquierda",
        "top right": "arriba a la derecha",
        "bottom left": "abajo a la izquierda",
        "bottom right": "abajo a la derecha",
        "center": "en el centro",
    },
    backgrounds={"dark": "oscuro", "light": "claro"},
    alt_texts={
        "list": "{listed}",
        "picture": "una imagen de {picture}",
        "background": "{listed} sobre fondo {background}",
        "word": "{listed} con el texto {word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "La imagen muestra {shown}.",
        "place": "{where} está {place}.",
        "count": "Número de objetos: {count}.",
        "word": "Está escrito {word}.",
    },
    questions={
        "color": "¿De qué color es {phrase}?",
        "shape": "¿Qué forma tiene {phrase}?",
        "count": "¿Cuántos objetos hay?",
        "position": "¿Dónde está {phrase}?",
        "presence": "¿Hay {phrase}?",
        "text": "¿Qué está escrito?",
    },
)
