"""Top-k accuracy of classes in order of their likelihood."""

import statistics
from collections.abc import Sequence

from pali_tf.errors import UserError
from pali_tf.evaluation.text import normalize


def top_k(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str | Sequence[str]],
    k: int,
) -> float:
    """Returns the share, in [0, 1], with a right class among the first k.

    Args:
        references: N lists of right classes.
        predictions: N lists of classes, the likeliest first, each of k at
            least; for k = 1 a text stands for a list of one.
        k: 1 or 5 most often.

    Raises:
        UserError: a list of fewer than k classes.

    Example: [["cat"], ["dog"]] and [["cow", "cat"], ["cow", "hen"]] give 0.5
    for k = 2.
    """
    hits = []
    for right, ranked in zip(references, predictions, strict=True):
        classes = [ranked] if isinstance(ranked, str) else ranked
        if len(classes) < k:
            raise UserError(
                f"Top-{k} accuracy needs {k} classes in order for each "
                f"example; there is {len(classes)}: {list(classes)}."
            )
        names = {normalize(text) for text in right}
        hits.append(any(normalize(name) in names for name in classes[:k]))
    return statistics.fmean(hits)
