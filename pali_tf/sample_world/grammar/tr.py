"""Turkish: no gender; the noun phrases used here stand in the nominative."""

from pali_tf.sample_world.grammar.grammar import Grammar

_A = {"any": "{color} bir {noun[one]}"}
_DEFINITE = {"any": "{color} {noun[one]}"}

GRAMMAR = Grammar(
    language="tr",
    nouns={
        "circle": {"class": "any", "one": "daire"},
        "square": {"class": "any", "one": "kare"},
        "triangle": {"class": "any", "one": "üçgen"},
        "star": {"class": "any", "one": "yıldız"},
        "cross": {"class": "any", "one": "haç"},
        "diamond": {"class": "any", "one": "eşkenar dörtgen"},
        "object": {"class": "any", "one": "nesne"},
    },
    colors={
        "red": "kırmızı",
        "green": "yeşil",
        "blue": "mavi",
        "yellow": "sarı",
        "purple": "mor",
        "orange": "turuncu",
    },
    sizes={"small": "küçük", "large": "büyük"},
    textures={"plain": "", "striped": "çizgili", "dotted": "benekli"},
    phrases={
        "listed": _A,
        "picture": _A,
        "shown": _A,
        "exists": _A,
        "which_color": {"any": "{noun[one]}"},
        "which_shape": _DEFINITE,
        "where": _DEFINITE,
        "detailed": {"any": "{size} {texture} {color} bir {noun[one]}"},
    },
    comma=", ",
    last_comma=" ve ",
    places={
        "top left": "sol üstte",
        "top right": "sağ üstte",
        "bottom left": "sol altta",
        "bottom right": "sağ altta",
        "center": "ortada",
    },
    backgrounds={"dark": "koyu", "light": "açık"},
    alt_texts={
        "list": "{listed}",
        "picture": "{picture} içeren bir resim",
        "background": "{background} zemin üzerinde {listed}",
        "word": "{word} yazısıyla {listed}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "Resimde {shown} var.",
        "place": "{where} {place}.",
        "count": "Nesne sayısı: {count}.",
        "word": "{word} yazıyor.",
    },
    questions={
        "color": "Resimdeki {phrase} ne renk?",
        "shape": "Resimdeki {phrase} hangi şekle sahip?",
        "count": "Resimde kaç nesne var?",
        "position": "Resimdeki {phrase} nerede?",
        "presence": "Resimde {phrase} var mı?",
        "text": "Ne yazıyor?",
    },
)
