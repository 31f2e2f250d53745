"""SeqIO's evaluator, writing the files that the native evaluation writes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import seqio
from absl import logging

from pali_tf.evaluation import prediction_files


class PredictionLogger(seqio.Logger):
    """Writes `inference_eval/<task>-metrics.jsonl` and the predictions.

    Args:
        output_dir: MODEL_DIR/inference_eval.
    """

    def __call__(
        self,
        task_name: str,
        step: int | None,
        metrics: Mapping[str, Any],
        dataset: Any,
        inferences: Mapping[str, Sequence[Any]] | None,
        targets: Sequence[Any] | None,
    ) -> None:
        """Writes what one task gave; see seqio.Logger."""
        del dataset
        scores = {
            name: float(getattr(value, "value", value))
            for name, value in metrics.items()
        }
        model_dir = Path(self.output_dir).parent
        prediction_files.add_metrics(model_dir, task_name, step or 0, scores)
        logging.info("%s after step %s: %s", task_name, step, scores)
        said = (inferences or {}).get("predictions")
        if said is None or targets is None:
            return
        lines = [
            {"target": list(target.references), "prediction": text}
            for target, text in zip(targets, said, strict=True)
        ]
        prediction_files.write_examples(model_dir, task_name, step or 0, lines)


def Evaluator(*, mixture_or_task_name: Any, **given: Any) -> seqio.Evaluator:
    """T5X's `inference_evaluator_cls`.

    Args:
        mixture_or_task_name: a run file binds the mixture itself, of which
            SeqIO's evaluator takes the name alone.
        **given: what else T5X gives: feature_converter, log_dir, ...
    """
    name = getattr(mixture_or_task_name, "name", mixture_or_task_name)
    given.setdefault("logger_cls", [PredictionLogger])
    return seqio.Evaluator(mixture_or_task_name=name, **given)
