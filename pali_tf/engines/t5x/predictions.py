"""What T5X's infer.py writes: lines as `pali infer` writes them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import seqio
import tensorflow as tf

from pali_tf.evaluation import prediction_files


def write_lines(
    path: str,
    inferences: tuple[Sequence[Any], Mapping[str, Sequence[Any]]],
    task_ds: Any,
    mode: str,
    vocabulary: seqio.Vocabulary,
) -> None:
    """Writes one JSON object an example; T5X's `write_fn`.

    Args:
        path: where to.
        inferences: of each example its tokens, or its score; and further
            values by name: the scores, where MODE is "predict_with_aux".
        task_ds: a tf.data.Dataset of the examples, in that order.
        mode: "predict", "predict_with_aux" or "score".
        vocabulary: of inputs and targets.
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
