"""Scores beside their blind control, for a terminal; stdlib only."""

from collections.abc import Mapping

BLIND = "blind/"


def format_table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Gives a line for each metric of {task: {metric: value}}."""
    lines = [f"{'task':<30}{'metric':<26}{'score':>9}{'blind':>9}", "-" * 74]
    for task, metrics in scores.items():
        if not metrics:
            lines.append(f"{task:<30}no references: predictions only")
        for metric, value in metrics.items():
            if metric.startswith(BLIND):
                continue
            blind = metrics.get(BLIND + metric)
            shown = "" if blind is None else f"{blind:.3f}"
            lines.append(f"{task:<30}{metric:<26}{value:>9.3f}{shown:>9}")
    return "\n".join(lines)
