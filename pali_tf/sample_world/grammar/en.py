"""English."""

from pali_tf.sample_world.grammar.grammar import Grammar

_A = {"any": "{color[a]} {noun[one]}"}

GRAMMAR = Grammar(
    language="en",
    nouns={
        "circle": {"class": "any", "one": "circle"},
        "square": {"class": "any", "one": "square"},
        "triangle": {"class": "any", "one": "triangle"},
        "star": {"class": "any", "one": "star"},
        "cross": {"class": "any", "one": "cross"},
        "diamond": {"class": "any", "one": "diamond"},
        "object": {"class": "any", "one": "object"},
    },
    colors={
        "red": {"a": "a red", "bare": "red"},
        "green": {"a": "a green", "bare": "green"},
        "blue": {"a": "a blue", "bare": "blue"},
        "yellow": {"a": "a yellow", "bare": "yellow"},
        "purple": {"a": "a purple", "bare": "purple"},
        "orange": {"a": "an orange", "bare": "orange"},
    },
    sizes={"small": "small", "large": "large"},
    textures={"plain": "", "striped": "striped", "dotted": "dotted"},
    phrases={
        "listed": _A,
        "picture": _A,
        "shown": _A,
        "exists": _A,
        "which_color": {"any": "the {noun[one]}"},
        "which_shape": {"any": "the {color[bare]} {noun[one]}"},
        "where": {"any": "the {color[bare]} {noun[one]}"},
        "detailed": {"any": "a {size} {texture} {color[bare]} {noun[one]}"},
    },
    comma=", ",
    last_comma=" and ",
    places={
        "top left": "at the top left",
        "top right": "at the top right",
        "bottom left": "at the bottom left",
        "bottom right": "at the bottom right",
        "center": "in the center",
    },
    backgrounds={"dark": "dark", "light": "light"},
    alt_texts={
        "list": "{listed}",
        "picture": "a picture of {picture}",
        "background": "{listed} on a {background} background",
        "word": "{listed} with the text {word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "The picture shows {shown}.",
        "place": "{where} is {place}.",
        "count": "Number of objects: {count}.",
        "word": "It says {word}.",
    },
    questions={
        "color": "What color is {phrase}?",
        "shape": "What shape is {phrase}?",
        "count": "How many objects are there?",
        "position": "Where is {phrase}?",
        "presence": "Is there {phrase}?",
        "text": "What is written?",
    },
)
