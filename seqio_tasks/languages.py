"""Languages: how prompts name them, and which write without spaces."""

import tensorflow as tf

# Crossmodal-3600's. PaLI's tables write Hebrew as "iw".
# Source: arXiv 2205.12522, table 1.
XM3600 = tuple(
    "ar bn cs da de el en es fa fi fil fr he hi hr hu id it ja ko mi nl no pl "
    "pt quz ro ru sv sw te th tr uk vi zh".split()
)

# CC3M-35L, COCO-35L and VQ2A-35L: without Cusco Quechua, which the translation
# service lacks. Source: PaLI, appendix.
CC3M_35L = tuple(code for code in XM3600 if code != "quz")

# PaLI says that WebLI has 109 languages, told apart by a "publicly available
# automatic service", and does not list them. These are the 109 that Google's
# translation service had in that year (2021); that they are the same is our
# guess. It serves to recognise codes, and nothing is thrown away by it.
WEBLI = tuple(
    "af am ar az be bg bn bs ca ceb co cs cy da de el en eo es et eu fa fi fil "
    "fr fy ga gd gl gu ha haw he hi hmn hr ht hu hy id ig is it ja jv ka kk km "
    "kn ko ku ky la lb lo lt lv mg mi mk ml mn mr ms mt my ne nl no ny or pa "
    "pl ps pt ro ru rw sd si sk sl sm sn so sq sr st su sv sw ta te tg th tk "
    "tr tt ug uk ur uz vi xh yi yo zh zh-tw zu".split()
)

# Languages whose words are not divided by spaces. In these a "word" of
# split-captioning and of the metrics is one character; PaLI does not say.
WITHOUT_SPACES = ("zh", "ja", "th", "lo", "km", "my")


def prompt_code(language: tf.Tensor) -> tf.Tensor:
    """Returns a language code as prompts write it: "en" gives "EN".

    Source: PaLI, arXiv 2209.06794, appendix; the AI blog's animation.
    """
    return tf.strings.upper(language)


def is_without_spaces(language: tf.Tensor) -> tf.Tensor:
    """Tells whether a language writes without spaces: bool[]."""
    return tf.reduce_any(tf.equal(language, tf.constant(WITHOUT_SPACES)))
