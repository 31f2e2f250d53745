"""What the native engine writes, by the predictions that T5X computes."""

import concurrent.futures
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import seqio
import tensorflow as tf

from pali_tf import files
from pali_tf.decoding.config import DecodingConfig
from pali_tf.evaluation import evaluator, prediction_files
from seqio_tasks import named

# Rows handed to T5X at once, which cuts them into its batches: a few GB of
# images at the most.
_CHUNK = 1024


class Evaluator:
    """T5X's `inference_evaluator_cls`: writes what our evaluation writes.

    Gin gives `decoding` and `checkpoint`, which are told beside the scores, and
    `use_blind_control`: whether to score a second time, with the images of
    other examples. T5X gives the rest, as to SeqIO's.

    Source: google-research/t5x, t5x/eval.py (InferenceEvaluator).
    """

    def __init__(
        self,
        *,
        mixture_or_task_name: Any,
        eval_split: str,
        sequence_length: Mapping[str, int],
        seed: int | None,
        log_dir: str,
        decoding: DecodingConfig | None = None,
        checkpoint: str = "",
        use_blind_control: bool = True,
        **given: Any,
    ):
        del given
        if isinstance(mixture_or_task_name, str):
            mixture_or_task_name = named.find(mixture_or_task_name)
        self.eval_tasks = seqio.get_subtasks(mixture_or_task_name)
        self._lengths = sequence_length
        self._split = eval_split
        self._seed = seed or 0
        self._model_dir = files.as_path(log_dir).parent
        self._use_blind_control = use_blind_control
        self._made_by = {
            "checkpoint": checkpoint,
            "decoding": (decoding or DecodingConfig()).settings(),
        }

    @property
    def model_feature_shapes(self) -> dict[str, tuple[int, ...]]:
        """None: shapes of parameters do not depend on them."""
        return {}

    def evaluate(
        self,
        *,
        compute_metrics: bool,
        step: int,
        predict_with_aux_fn: Callable[[tf.data.Dataset], Any],
        **given: Any,
    ) -> tuple[concurrent.futures.Future[Any], None]:
        """Evaluates every task: (future of {task: {metric: value}}, None).

        All processes must call it; where `compute_metrics`, one writes.
        """
        del given
        scores = {
            task.name: evaluator.evaluate_task(
                task,
                _texts_and_scores(task, predict_with_aux_fn),
                feature_lengths=self._lengths,
                split=self._split,
                batch_size=_CHUNK,
                seed=self._seed,
                output_dir=self._model_dir if compute_metrics else None,
                step=step,
                fill_up=False,
                blind=self._use_blind_control,
                made_by=self._made_by,
            )
            for task in self.eval_tasks
        }
        done: concurrent.futures.Future[Any] = concurrent.futures.Future()
        done.set_result(scores)
        return done, None

    def close(self) -> None:
        """Does nothing: all is written when `evaluate` returns."""


def _texts_and_scores(
    task: seqio.Task, predict_with_aux_fn: Callable[[tf.data.Dataset], Any]
) -> evaluator.PredictFn:
    vocabulary = task.output_features["targets"].vocabulary

    def predict(batch: Any) -> tuple[Sequence[str], Sequence[float]]:
        rows = tf.data.Dataset.from_tensor_slices(batch).enumerate()
        numbered, aux = predict_with_aux_fn(rows)
        return [vocabulary.decode(ids) for _, ids in numbered], aux["scores"]

    return predict


def write_lines(
    path: str,
    inferences: tuple[Sequence[Any], Mapping[str, Sequence[Any]]],
    task_ds: Any,
    mode: str,
    vocabulary: seqio.Vocabulary,
) -> None:
    """Writes one JSON object an example; T5X's `write_fn`.

    `inferences` are the tokens of each example of `task_ds`, or its score where
    `mode` is "score"; and the "scores", where it is "predict_with_aux".
    """
    found, aux = inferences
    with tf.io.gfile.GFile(path, "w") as file:
        for i, fields in enumerate(task_ds.as_numpy_iterator()):
            line = prediction_files.describe_example(fields, vocabulary)
            if mode == "score":
                line["score"] = found[i]
            else:
                line["prediction"] = vocabulary.decode(found[i])
            if aux:
                line["score"] = aux["scores"][i]
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
