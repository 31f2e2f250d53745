"""The log of the ViT's pre-training, on a disk and in buckets."""

import json
from types import SimpleNamespace

import keras
import pytest

from pali_tf.files import as_path
from pali_tf.vision_pretraining.config import VisionPretrainingConfig
from pali_tf.vision_pretraining.metrics_log import MetricsLog


def test_lines_have_the_mean_since_the_line_before(storage):
    path = as_path(storage) / "train/metrics.jsonl"
    for _ in range(2):  # The second run's log replaces the first one's.
        log = MetricsLog(path, VisionPretrainingConfig(), period=2)
        iterations = keras.Variable(0, dtype="int32")
        log.set_model(
            SimpleNamespace(optimizer=SimpleNamespace(iterations=iterations))
        )
        log.set_params({"steps": 4})
        log.on_epoch_begin(0)
        for batch, mean in enumerate([1.0, 2.0, 3.0, 4.0]):
            iterations.assign(batch + 1)
            log.on_train_batch_end(batch, {"loss": mean})
        log.on_train_end()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["step"], line["phase"]) for line in lines] == [
        (2, "main"),
        (4, "main"),
    ]
    assert [line["loss"] for line in lines] == [2.0, 6.0]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
