"""The table at the end: eight tasks, each beside its blind control."""

import json

from pali_tf.demo.stages import Folders

_BLIND = "blind/"


def read_scores(folders: Folders) -> dict[str, dict[str, float]]:
    """Gives the latest metrics of every task that was evaluated.

    Args:
        folders: of the run.

    Returns:
        task -> metric -> value; the blind control's are "blind/<metric>".

    Raises:
        FileNotFoundError: the evaluation left nothing.
    """
    folder = folders.model / "inference_eval"
    scores = {}
    for path in sorted(folder.glob("*-metrics.jsonl")):
        line = json.loads(path.read_text().splitlines()[-1])
        line.pop("step", None)
        scores[path.name.removesuffix("-metrics.jsonl")] = line
    if not scores:
        raise FileNotFoundError(f"No metrics in {folder}: run the eval stage.")
    return scores


def format_table(scores: dict[str, dict[str, float]]) -> str:
    """Draws the scores for a terminal.

    Args:
        scores: of `read_scores`.
    """
    lines = [f"{'task':<30}{'metric':<26}{'score':>9}{'blind':>9}", "-" * 74]
    for task, metrics in scores.items():
        name = task
        for metric, value in metrics.items():
            if metric.startswith(_BLIND):
                continue
            blind = metrics.get(_BLIND + metric)
            shown = f"{blind:>9.3f}" if blind is not None else f"{'':>9}"
            lines.append(f"{name:<30}{metric:<26}{value:>9.3f}{shown}")
            name = ""
    return "\n".join(lines)
