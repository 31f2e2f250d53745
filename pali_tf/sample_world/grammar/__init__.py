"""The sample's twelve languages, one file each; all grammar, no code."""

from pali_tf.sample_world.grammar import (
    ar,
    de,
    el,
    en,
    es,
    fr,
    hi,
    id,
    ja,
    ru,
    tr,
    zh,
)
from pali_tf.sample_world.grammar.grammar import Grammar, capitalize

GRAMMARS: dict[str, Grammar] = {
    module.GRAMMAR.language: module.GRAMMAR
    for module in (en, fr, de, es, ru, el, tr, id, zh, ja, hi, ar)
}
LANGUAGES = tuple(GRAMMARS)

__all__ = ["GRAMMARS", "LANGUAGES", "Grammar", "capitalize"]
