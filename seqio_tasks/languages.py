"""Languages: how prompts name them, and which write without spaces."""

import tensorflow as tf

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
