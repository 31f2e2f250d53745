"""Chinese: no inflection; a measure word before the noun, no spaces."""

from pali_tf.sample_world.grammar.grammar import Grammar

_A = {"any": "一个{color}{noun[one]}"}
_BARE = {"any": "{color}{noun[one]}"}

GRAMMAR = Grammar(
    language="zh",
    nouns={
        "circle": {"class": "any", "one": "圆形"},
        "square": {"class": "any", "one": "正方形"},
        "triangle": {"class": "any", "one": "三角形"},
        "star": {"class": "any", "one": "星形"},
        "cross": {"class": "any", "one": "十字形"},
        "diamond": {"class": "any", "one": "菱形"},
        "object": {"class": "any", "one": "物体"},
    },
    colors={
        "red": "红色",
        "green": "绿色",
        "blue": "蓝色",
        "yellow": "黄色",
        "purple": "紫色",
        "orange": "橙色",
    },
    sizes={"small": "小", "large": "大"},
    textures={"plain": "", "striped": "条纹", "dotted": "圆点"},
    phrases={
        "listed": _A,
        "picture": _A,
        "shown": _A,
        "exists": _BARE,
        "which_color": {"any": "{noun[one]}"},
        "which_shape": _BARE,
        "where": _BARE,
        "detailed": {"any": "一个{size}的{color}{texture}{noun[one]}"},
    },
    comma="、",
    last_comma="和",
    places={
        "top left": "左上方",
        "top right": "右上方",
        "bottom left": "左下方",
        "bottom right": "右下方",
        "center": "中央",
    },
    backgrounds={"dark": "深色", "light": "浅色"},
    alt_texts={
        "list": "{listed}",
        "picture": "有{picture}的图片",
        "background": "{background}背景上的{listed}",
        "word": "{listed}和文字{word}",
        "details": "{detailed}",
    },
    sentences={
        "shows": "图中有{shown}。",
        "place": "{where}在{place}。",
        "count": "物体数量：{count}。",
        "word": "上面写着{word}。",
    },
    questions={
        "color": "{phrase}是什么颜色？",
        "shape": "{phrase}是什么形状？",
        "count": "有几个物体？",
        "position": "{phrase}在哪里？",
        "presence": "有{phrase}吗？",
        "text": "上面写着什么？",
    },
)
