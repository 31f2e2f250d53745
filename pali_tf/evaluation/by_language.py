"""A metric for each language, and the mean over languages."""

import statistics
from collections.abc import Callable, Sequence

_Metric = Callable[[Sequence[Sequence[str]], Sequence[str], str], float]


def by_language(
    name: str,
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    languages: Sequence[str],
    metric: _Metric,
) -> dict[str, float]:
    """Computes a metric over each language's examples.

    Args:
        name: of the metric.
        references: N lists of texts.
        predictions: N texts.
        languages: N codes.
        metric: (references, predictions, language) -> value.

    Returns:
        {name: mean over languages, "<name>/en": ..., ...}, in order of code.
    """
    scores = {}
    for language in sorted(set(languages)):
        rows = [i for i, code in enumerate(languages) if code == language]
        scores[f"{name}/{language}"] = metric(
            [references[i] for i in rows],
            [predictions[i] for i in rows],
            language,
        )
    return {name: statistics.fmean(scores.values()), **scores}
