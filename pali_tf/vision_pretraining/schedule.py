"""Learning rate: linear warm-up, inverse square root, linear cool-down."""

import keras
from keras import ops

from pali_tf.types import Array
from pali_tf.vision_pretraining.config import VisionPretrainingConfig


@keras.saving.register_keras_serializable("pali_tf")
class RsqrtWithCooldown(keras.optimizers.schedules.LearningRateSchedule):
    """peak * min(1, s/warmup) / sqrt(max(s, t) / t) * min(1, left/cooldown).

    `t` is the timescale; the decay starts where warm-up ends, as
    big_vision's `rsqrt` schedule with a timescale.

    Args:
        config: of the run.

    Source: Scaling Vision Transformers (2106.04560), section 3.5.
    """

    def __init__(self, config: VisionPretrainingConfig):
        self.config = config

    def __call__(self, step: Array) -> Array:
        """int[] step, from 0 -> float32[]."""
        c = self.config
        step = ops.cast(step, "float32")
        warmup = ops.minimum(1.0, (step + 1) / c.warmup_steps)
        since = ops.maximum(0.0, step - c.warmup_steps)
        decay = ops.rsqrt(1.0 + since / c.timescale)
        left = (c.num_steps - step) / c.num_cooldown_steps
        return c.peak_learning_rate * warmup * decay * ops.clip(left, 0.0, 1.0)
