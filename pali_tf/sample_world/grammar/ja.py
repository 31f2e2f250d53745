"""Japanese: no agreement; particles stand in the templates, no spaces."""

from pali_tf.sample_world.grammar.grammar import Grammar

_A = {"any": "{color}{noun[one]}"}

GRAMMAR = Grammar(
    language="ja",
    nouns={
        "circle": {"class": "any", "one": "円"},
        "square": {"class": "any", "one": "正方形"},
        "triangle": {"class": "any", "one": "三角形"},
        "star": {"class": "any", "one": "星"},
        "cross": {"class": "any", "one": "十字"},
        "diamond": {"class": "any", "one": "ひし形"},
        "object": {"class": "any", "one": "物体"},
    },
    colors={
        "red": "赤い",
        "green": "緑色の",
        "blue": "青い",
        "yellow": "黄色い",
        "purple": "紫色の",
        "orange": "オレンジ色の",
    },
    sizes={"small": "小さな", "large": "大きな"},
    textures={"plain": "", "striped": "縞模様の", "dotted": "水玉模様の"},
    phrases={
        "listed": _A,
        "picture": _A,
        "shown": _A,
        "exists": _A,
        "which_color": {"any": "{noun[one]}"},
        "which_shape": _A,
        "where": _A,
        "detailed": {"any": "{size}{texture}{color}{noun[one]}"},
    },
    comma="、",
    last_comma="と",
    places={
        "top left": "左上",
        "top right": "右上",
        "bottom left": "左下",
        "bottom right": "右下",
        "center": "中央",
    },
    backgrounds={"dark": "暗い", "light": "明るい"},
    alt_texts={
        "list": "{listed}",
        "picture": "{picture}の絵",
        "background": "{background}背景の{listed}",
        "word": "{listed}と文字{word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "絵には{shown}があります。",
        "place": "{where}は{place}にあります。",
        "count": "物体の数：{count}。",
        "word": "{word}と書いてあります。",
    },
    questions={
        "color": "{phrase}は何色ですか？",
        "shape": "{phrase}はどんな形ですか？",
        "count": "物体はいくつありますか？",
        "position": "{phrase}はどこにありますか？",
        "presence": "{phrase}はありますか？",
        "text": "何と書いてありますか？",
    },
)
