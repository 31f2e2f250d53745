"""What belongs beside a score, without which it cannot be compared.

MODEL_DIR/inference_eval/<task>-<step:06d>.score.json
"""

import importlib.metadata
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

# What the metrics compute with.
_PACKAGES = (
    "pali_tf",
    "budoux",
    "faster-coco-eval",
    "jiwer",
    "pycocoevalcap",
    "rapidfuzz",
    "seqio",
)


def make_record(
    task: str,
    split: str,
    step: int,
    lines: Sequence[Mapping[str, Any]],
    made_by: Mapping[str, Any],
    vocabulary_sha256: str | None,
    scores: Mapping[str, float],
) -> dict[str, Any]:
    """Gives the record of a task's scores.

    Args:
        task: its name.
        split: "test".
        step: of training.
        lines: the examples, at least one, as they are written.
        made_by: what made the predictions, such as {"checkpoint": path,
            "decoding": settings, "feature_lengths": lengths}.
        vocabulary_sha256: digest of the task's vocabulary; None: it has none
            of ours.
        scores: {metric: value}.

    Returns:
        All of it as JSON, with the prompt of the first example, the SHA-256 of
        the vocabulary and the versions of what the metrics compute with.
    """
    return {
        "task": task,
        "split": split,
        "step": step,
        "num_examples": len(lines),
        # A test set may keep its answers to itself.
        "num_without_references": sum(not line["target"] for line in lines),
        "prompt": lines[0]["input"],
        **made_by,
        "vocabulary_sha256": vocabulary_sha256,
        "versions": versions(),
        "scores": dict(scores),
    }


def versions() -> dict[str, str]:
    """Gives the versions of what the metrics compute with."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    # What NFKC and letter case are.
    return found | {"unicode": unicodedata.unidata_version}
