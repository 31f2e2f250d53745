"""Character error rate of recognised text."""

from collections.abc import Sequence

import jiwer

from pali_tf.evaluation.text import normalize


def character_error_rate(
    references: Sequence[str], predictions: Sequence[str]
) -> float:
    """Returns edits over characters of the references; may exceed 1.

    Args:
        references: N texts, none empty.
        predictions: N texts.

    Example: ["abc", "de"] and ["abd", ""] give (1 + 2) / 5 = 0.6.
    """
    return float(
        jiwer.cer(
            [normalize(text) for text in references],
            [normalize(text) for text in predictions],
        )
    )
