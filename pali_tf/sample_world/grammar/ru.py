"""Russian: genders; nominative, and instrumental after "с" (with)."""

from pali_tf.sample_world.grammar.grammar import Grammar

_NOMINATIVE = {
    "m": "{color[m]} {noun[nom]}",
    "f": "{color[f]} {noun[nom]}",
}
_INSTRUMENTAL = {
    "m": "{color[m_ins]} {noun[ins]}",
    "f": "{color[f_ins]} {noun[ins]}",
}


def _hard(stem: str) -> dict[str, str]:
    """Returns the forms of an adjective in -ый, stressed on its stem."""
    return {
        "m": stem + "ый",
        "f": stem + "ая",
        "m_ins": stem + "ым",
        "f_ins": stem + "ой",
    }


GRAMMAR = Grammar(
    language="ru",
    nouns={
        "circle": {"class": "m", "nom": "круг", "ins": "кругом"},
        "square": {"class": "m", "nom": "квадрат", "ins": "квадратом"},
        "triangle": {
            "class": "m",
            "nom": "треугольник",
            "ins": "треугольником",
        },
        "star": {"class": "f", "nom": "звезда", "ins": "звездой"},
        "cross": {"class": "m", "nom": "крест", "ins": "крестом"},
        "diamond": {"class": "m", "nom": "ромб", "ins": "ромбом"},
        "object": {"class": "m", "nom": "предмет", "ins": "предметом"},
    },
    colors={
        "red": _hard("красн"),
        "green": _hard("зелён"),
        "blue": {
            "m": "синий",
            "f": "синяя",
            "m_ins": "синим",
            "f_ins": "синей",
        },
        "yellow": _hard("жёлт"),
        "purple": _hard("фиолетов"),
        "orange": _hard("оранжев"),
    },
    sizes={
        "small": {"m": "маленький", "f": "маленькая"},
        "large": {"m": "большой", "f": "большая"},
    },
    textures={
        "plain": {"m": "", "f": ""},
        "striped": _hard("полосат"),
        "dotted": _hard("пятнист"),
    },
    phrases={
        "listed": _NOMINATIVE,
        "picture": _INSTRUMENTAL,
        "shown": _NOMINATIVE,
        "exists": _NOMINATIVE,
        "which_color": {"m": "{noun[nom]}", "f": "{noun[nom]}"},
        "which_shape": _NOMINATIVE,
        "where": _NOMINATIVE,
        "detailed": {
            "m": "{size[m]} {texture[m]} {color[m]} {noun[nom]}",
            "f": "{size[f]} {texture[f]} {color[f]} {noun[nom]}",
        },
    },
    comma=", ",
    last_comma=" и ",
    places={
        "top left": "вверху слева",
        "top right": "вверху справа",
        "bottom left": "внизу слева",
        "bottom right": "внизу справа",
        "center": "в центре",
    },
    backgrounds={"dark": "тёмном", "light": "светлом"},
    alt_texts={
        "list": "{listed}",
        "picture": "картинка с {picture}",
        "background": "{listed} на {background} фоне",
        "word": "{listed} с надписью {word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "На картинке {shown}.",
        "place": "{where} находится {place}.",
        "count": "Число предметов: {count}.",
        "word": "Написано {word}.",
    },
    questions={
        "color": "Какого цвета {phrase}?",
        "shape": "Какой формы {phrase}?",
        "count": "Сколько здесь предметов?",
        "position": "Где находится {phrase}?",
        "presence": "Есть ли здесь {phrase}?",
        "text": "Что написано?",
    },
)
