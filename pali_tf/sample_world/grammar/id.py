"""Indonesian: nothing agrees; adjectives follow the noun."""

from pali_tf.sample_world.grammar.grammar import Grammar

_A = {"any": "sebuah {noun[one]} {color}"}
_BARE = {"any": "{noun[one]} {color}"}

GRAMMAR = Grammar(
    language="id",
    nouns={
        "circle": {"class": "any", "one": "lingkaran"},
        "square": {"class": "any", "one": "persegi"},
        "triangle": {"class": "any", "one": "segitiga"},
        "star": {"class": "any", "one": "bintang"},
        "cross": {"class": "any", "one": "salib"},
        "diamond": {"class": "any", "one": "belah ketupat"},
        "object": {"class": "any", "one": "benda"},
    },
    colors={
        "red": "merah",
        "green": "hijau",
        "blue": "biru",
        "yellow": "kuning",
        "purple": "ungu",
        "orange": "oranye",
    },
    sizes={"small": "kecil", "large": "besar"},
    textures={"plain": "", "striped": "bergaris", "dotted": "berbintik"},
    phrases={
        "listed": _A,
        "picture": _A,
        "shown": _A,
        "exists": _BARE,
        "which_color": {"any": "{noun[one]}"},
        "which_shape": _BARE,
        "where": _BARE,
        "detailed": {"any": "sebuah {noun[one]} {size} {color} {texture}"},
    },
    comma=", ",
    last_comma=" dan ",
    places={
        "top left": "kiri atas",
        "top right": "kanan atas",
        "bottom left": "kiri bawah",
        "bottom right": "kanan bawah",
        "center": "tengah",
    },
    backgrounds={"dark": "gelap", "light": "terang"},
    alt_texts={
        "list": "{listed}",
        "picture": "gambar {picture}",
        "background": "{listed} dengan latar {background}",
        "word": "{listed} dengan tulisan {word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "Gambar ini menunjukkan {shown}.",
        "place": "{where} ada di {place}.",
        "count": "Jumlah benda: {count}.",
        "word": "Tertulis {word}.",
    },
    questions={
        "color": "Apa warna {phrase}?",
        "shape": "Apa bentuk {phrase}?",
        "count": "Ada berapa benda?",
        "position": "Di mana {phrase}?",
        "presence": "Apakah ada {phrase}?",
        "text": "Apa yang tertulis?",
    },
)
