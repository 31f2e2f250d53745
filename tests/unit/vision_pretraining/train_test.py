"""The schedule, the loss and the soup of the ViT's pre-training."""

import numpy as np
import pytest

from pali_tf.vision_pretraining.config import VisionPretrainingConfig
from pali_tf.vision_pretraining.schedule import RsqrtWithCooldown
from pali_tf.vision_pretraining.train import (
    average_weights,
    sigmoid_cross_entropy,
)

CONFIG = VisionPretrainingConfig(
    num_steps=1000,
    cooldown_fraction=0.2,
    warmup_steps=100,
    timescale=100,
    peak_learning_rate=0.01,
)


@pytest.mark.parametrize(
    ("step", "rate"),
    [
        (0, 0.01 / 100),
        (99, 0.01),
        (100, 0.01),
        (400, 0.01 / 2),
        (900, 0.01 / 3 / 2),
        (1000, 0.0),
    ],
)
def test_schedule(step: int, rate: float):
    assert float(RsqrtWithCooldown(CONFIG)(step)) == pytest.approx(rate)


def test_loss_sums_over_classes():
    loss = sigmoid_cross_entropy(
        np.array([[1.0, 0.0, 0.0]], np.float32), np.zeros((1, 3), np.float32)
    )
    assert np.asarray(loss) == pytest.approx([3 * np.log(2)])


def test_average_of_two_sets_of_weights():
    a, b = [np.zeros((2, 2)), np.ones(3)], [np.ones((2, 2)), np.ones(3)]
    mean = average_weights([a, b])
    np.testing.assert_array_equal(mean[0], np.full((2, 2), 0.5))
    np.testing.assert_array_equal(mean[1], np.ones(3))


def test_cooldown_must_leave_room_for_warmup():
    with pytest.raises(ValueError, match="cool-down begins at step 80"):
        VisionPretrainingConfig(num_steps=100, warmup_steps=90)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
