"""Arabic, unvocalised: two genders; article on noun and adjective alike."""

from pali_tf.sample_world.grammar.grammar import Grammar

_A = {
    "m": "{noun[one]} {color[m]}",
    "f": "{noun[one]} {color[f]}",
}
_DEFINITE = {
    "m": "ال{noun[one]} ال{color[m]}",
    "f": "ال{noun[one]} ال{color[f]}",
}

GRAMMAR = Grammar(
    language="ar",
    nouns={
        "circle": {"class": "f", "one": "دائرة"},
        "square": {"class": "m", "one": "مربع"},
        "triangle": {"class": "m", "one": "مثلث"},
        "star": {"class": "f", "one": "نجمة"},
        "cross": {"class": "m", "one": "صليب"},
        "diamond": {"class": "m", "one": "معين"},
        "object": {"class": "m", "one": "جسم"},
    },
    colors={
        "red": {"m": "أحمر", "f": "حمراء"},
        "green": {"m": "أخضر", "f": "خضراء"},
        "blue": {"m": "أزرق", "f": "زرقاء"},
        "yellow": {"m": "أصفر", "f": "صفراء"},
        "purple": {"m": "بنفسجي", "f": "بنفسجية"},
        "orange": {"m": "برتقالي", "f": "برتقالية"},
    },
    sizes={
        "small": {"m": "صغير", "f": "صغيرة"},
        "large": {"m": "كبير", "f": "كبيرة"},
    },
    textures={
        "plain": {"m": "", "f": ""},
        "striped": {"m": "مخطط", "f": "مخططة"},
        "dotted": {"m": "منقط", "f": "منقطة"},
    },
    phrases={
        "listed": _A,
        "picture": _A,
        "shown": _A,
        "exists": _A,
        "which_color": {"m": "ال{noun[one]}", "f": "ال{noun[one]}"},
        "which_shape": _DEFINITE,
        "where": _DEFINITE,
        "detailed": {
            "m": "{noun[one]} {color[m]} {texture[m]} {size[m]}",
            "f": "{noun[one]} {color[f]} {texture[f]} {size[f]}",
        },
    },
    # The conjunction is written together with the word after it.
    comma=" و",
    last_comma=" و",
    places={
        "top left": "أعلى اليسار",
        "top right": "أعلى اليمين",
        "bottom left": "أسفل اليسار",
        "bottom right": "أسفل اليمين",
        "center": "الوسط",
    },
    backgrounds={"dark": "داكنة", "light": "فاتحة"},
    alt_texts={
        "list": "{listed}",
        "picture": "صورة فيها {picture}",
        "background": "{listed} على خلفية {background}",
        "word": "{listed} مع النص {word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "في الصورة {shown}.",
        "place": "{where} في {place}.",
        "count": "عدد الأجسام: {count}.",
        "word": "مكتوب {word}.",
    },
    questions={
        "color": "ما لون {phrase}؟",
        "shape": "ما شكل {phrase}؟",
        "count": "كم عدد الأجسام؟",
        "position": "أين {phrase}؟",
        "presence": "هل هناك {phrase}؟",
        "text": "ما المكتوب؟",
    },
)
