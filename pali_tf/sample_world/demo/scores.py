"""The latest scores of a run, from the files of its evaluation."""

from pali_tf.errors import MissingFileError
import json

from pali_tf.sample_world.demo.stages import Folders


def read_scores(folders: Folders) -> dict[str, dict[str, float]]:
    """Gives the latest metrics of every task that was evaluated.

    Args:
        folders: of the run.

    Returns:
        task -> metric -> value; the blind control's are "blind/<metric>".

    Raises:
        MissingFileError: the evaluation left nothing.
    """
    folder = folders.model / "inference_eval"
    scores = {}
    for path in sorted(folder.glob("*-metrics.jsonl")):
        line = json.loads(path.read_text().splitlines()[-1])
        line.pop("step", None)
        scores[path.name.removesuffix("-metrics.jsonl")] = line
    if not scores:
        raise MissingFileError(f"No metrics in {folder}: run the eval stage.")
    return scores
