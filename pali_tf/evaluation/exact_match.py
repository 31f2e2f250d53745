"""Exact match: the share of predictions that equal a reference."""

from collections.abc import Sequence

from pali_tf.evaluation.text import normalize


def exact_match(
    references: Sequence[Sequence[str]], predictions: Sequence[str]
) -> float:
    """Returns the share, in [0, 1], of predictions that are a reference.

    Unicode form and spaces do not count; letter case does.

    Args:
        references: N lists of right answers.
        predictions: N texts.

    Example: [["a cat", "one cat"], ["no"]] and ["one  cat", "No"] give 0.5.
    """
    hits = [
        normalize(prediction) in {normalize(text) for text in right}
        for right, prediction in zip(references, predictions, strict=True)
    ]
    return sum(hits) / len(hits)
