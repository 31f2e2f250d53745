"""Writes the loss of Keras' fit as JSON lines."""

import json
import time

import keras
from absl import logging
from etils.epath import Path

from pali_tf.run.growing_file import GrowingFile
from pali_tf.run.progress import format_seconds
from pali_tf.vision_pretraining.config import VisionPretrainingConfig
from pali_tf.vision_pretraining.schedule import RsqrtWithCooldown

# Steps between two lines on the terminal, beside Keras' own bar.
_SHOWN_EVERY = 200


class MetricsLog(keras.callbacks.Callback):
    """One line every `period` steps: step, loss, rate, images a second.

    The two cool-downs follow each other with the same step numbers.

    Args:
        path: of the file; an older one is replaced.
        config: of the run.
        period: steps between two lines.
    """

    def __init__(
        self,
        path: Path,
        config: VisionPretrainingConfig,
        period: int = 50,
    ):
        super().__init__()
        path.unlink(missing_ok=True)
        self._file = GrowingFile(path)
        self._schedule = RsqrtWithCooldown(config)
        self._batch_size = config.batch_size
        self._period = period
        self._phase = -1

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """A new phase of the recipe begins."""
        self._phase += 1
        self._total, self._count = 0.0, 0
        self._since = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Writes the mean loss since the line before.

        Keras gives the mean since the phase began.
        """
        if (batch + 1) % self._period:
            return
        total = float((logs or {})["loss"]) * (batch + 1)
        step = int(self.model.optimizer.iterations.numpy())
        now = time.monotonic()
        steps = batch + 1 - self._count
        line = {
            "step": step,
            "phase": ("main", "resize", "crop")[self._phase],
            "loss": (total - self._total) / steps,
            "learning_rate": float(self._schedule(step)),
            "images_per_second": steps * self._batch_size / (now - self._since),
        }
        self._file.write(f"{json.dumps(line)}\n".encode())
        self._file.flush()
        if step % _SHOWN_EVERY == 0:
            left = (self.params["steps"] - batch - 1) / steps
            logging.info(
                "%s: step %d  loss %.2f  %.0f images/s  %s left",
                line["phase"],
                step,
                line["loss"],
                line["images_per_second"],
                format_seconds(left * (now - self._since)),
            )
        self._total, self._count, self._since = total, batch + 1, now

    def on_train_end(self, logs: dict | None = None) -> None:
        """Nothing is left unwritten."""
        self._file.sync()
