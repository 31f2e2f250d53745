"""The batch that ended a run can be looked at."""

import io

import ml_dtypes
import numpy as np
import pytest

from pali_tf.run import divergence

BATCH = {
    "images": np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3),
    "visual_tokens": np.array([[1.5, np.inf]], ml_dtypes.bfloat16),
    "decoder_loss_weights": np.ones((1, 2), np.float32),
}


def test_a_batch_is_written_whole(storage):
    path = divergence.write_batch(storage, 7, BATCH)
    assert str(path) == f"{storage}/diverged/step_7.npz"
    assert [p.name for p in path.parent.iterdir()] == ["step_7.npz"]
    stored = np.load(io.BytesIO(path.read_bytes()))
    assert stored.keys() == BATCH.keys()
    for name, array in BATCH.items():
        np.testing.assert_array_equal(
            stored[name], array.astype(stored[name].dtype)
        )
    assert stored["images"].dtype == np.uint8


def test_the_message_names_what_is_not_finite(tmp_path):
    message = divergence.describe(7, BATCH, tmp_path, "nothing was saved")
    assert "step 7 is not finite; nothing was saved" in message
    assert "Its batch is the cause: visual_tokens holds" in message


def test_the_message_of_a_finite_batch_names_settings(tmp_path):
    batch = BATCH | {"visual_tokens": np.ones((1, 2))}
    message = divergence.describe(7, batch, tmp_path, "nothing was saved")
    assert "learning rate" in message
    assert "warm-up" in message


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
