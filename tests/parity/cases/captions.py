"""Captions of a few images, language by language.

In Chinese, Japanese and Thai a mark "|" stands between two words: `plain` is
without it, as a data set has it.
"""

# Language -> images, each (references, prediction).
IMAGES = {
    "en": [
        (
            [
                "A man's dog can't sit still, well-fed as it is.",
                "Two people's dogs (one black) are running on the beach.",
                'A dog wearing a "service" vest runs.',
            ],
            "A man's dog runs on the beach.",
        ),
        (
            [
                "The U.S. flag flies at 10:30 a.m. in Washington, D.C.",
                "a red, white & blue flag on a pole",
            ],
            "A red, white and blue flag in Washington, D.C.",
        ),
        (
            [
                "Mr. O'Neal's no. 34 jersey costs $5.00 or 50% off!",
                "A t-shirt that says I'm #1 -- they're selling it; isn't it?",
            ],
            "a t-shirt costs $5.00 and it's on sale",
        ),
        (
            [
                "A two-year-old blows out candles at 3:00pm ...",
                "Rock 'n' roll poster from the '60s and 1990's",
            ],
            "A rock 'n' roll poster from the '60s",
        ),
        (
            [
                "An AT&T store and a blue/green awning.",
                "A store [closed] - cannot enter, gonna open Jan. 5th",
            ],
            "An AT&T store cannot open",
        ),
    ],
    "fr": [
        (["un chat noir sur le lit", "un chat dort"], "un chat sur le lit"),
        (["deux vélos bleus dans la rue"], "deux vélos dans une rue"),
        (["une femme mange une pomme"], "une femme mange du pain"),
        (["la tour eiffel la nuit"], "la tour eiffel"),
    ],
    "de": [
        (["eine schwarze katze schläft", "die katze"], "eine katze schläft"),
        (["zwei blaue fahrräder an der straße"], "zwei rote fahrräder"),
        (["ein mann isst einen apfel"], "ein mann isst einen apfel"),
        (["das brandenburger tor bei nacht"], "ein tor bei nacht"),
    ],
    "ru": [
        (["чёрная кошка спит на кровати"], "кошка спит на кровати"),
        (["два синих велосипеда на улице"], "два велосипеда"),
        (["женщина ест яблоко", "женщина и яблоко"], "женщина ест яблоко"),
        (["красная площадь ночью"], "площадь днём"),
    ],
    "hi": [
        (["एक काली बिल्ली सो रही है"], "एक बिल्ली सो रही है"),
        (["सड़क पर दो नीली साइकिलें"], "दो साइकिलें"),
        (["एक औरत सेब खा रही है", "औरत और सेब"], "एक औरत सेब खा रही है"),
        (["रात में ताज महल"], "दिन में लाल किला"),
    ],
    "zh": [
        (["一|个|男人|在|海滩"], "一|个|男人"),
        (["两|只|狗|在|跑"], "两|只|猫"),
        (["红色|的|汽车"], "红色|的|汽车"),
        (["桌子|上|有|一|个|苹果"], "桌子|上|有|苹果"),
    ],
    "ja": [
        (["赤い|ボール|で|遊ん|で|いる"], "赤い|ボール"),
        (["海辺|で|馬|に|乗っ|て|いる|男性"], "馬|に|乗っ|て|いる"),
        (["猫|が|いる"], "犬|が|いる"),
        (["男性|と|犬"], "男性|と|犬"),
    ],
    "th": [
        (["ผู้ชาย|กำลัง|วิ่ง"], "ผู้ชาย|กำลัง|กิน"),
        (["แมว|สี|ดำ"], "แมว|สี|ขาว"),
        (["ผู้หญิง|กิน|ข้าว"], "ผู้หญิง|กิน|ข้าว"),
        (["รถ|สี|แดง"], "รถ|สี|แดง"),
    ],
}


def plain(caption: str, language: str) -> str:
    """The caption as a data set has it."""
    return caption.replace("|", "") if language in _SEGMENTED else caption


def spaced(caption: str, language: str) -> str:
    """The caption with a space between words."""
    return caption.replace("|", " ") if language in _SEGMENTED else caption


def cases() -> list[tuple[str, list[tuple[list[str], str]]]]:
    """Four sets of images a language: (language, images)."""
    found = []
    for language, images in IMAGES.items():
        said = [prediction for _, prediction in images]
        swapped = [
            (references, said[i - 1])
            for i, (references, _) in enumerate(images)
        ]
        for chosen in (images, images[:3], images[1:], swapped):
            found.append((language, chosen))
    return found


_SEGMENTED = ("zh", "ja", "th")
