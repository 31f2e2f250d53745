"""Training batches with a position that T5X's checkpoints hold."""

import itertools
import types

import numpy as np
import pytest

from pali_tf.engines.t5x import batches as t5x_batches
from pali_tf.engines.t5x.batches import TrainBatches


def make_batches():
    """Batch n is n."""
    return TrainBatches(
        lambda step: (
            {"rows": np.full((4, 2), n, np.float32)}
            for n in itertools.count(step)
        )
    )


def first_values(batches, count):
    return [int(next(batches)["rows"][0, 0]) for _ in range(count)]


def test_batches_come_in_order_and_have_a_spec():
    batches = make_batches()
    spec = batches.element_spec["rows"]
    assert spec.shape == (4, 2)
    assert spec.dtype == np.float32
    assert first_values(batches, 3) == [0, 1, 2]
    batches.reset()
    assert first_values(batches, 1) == [0]


def test_the_position_is_the_step_of_the_checkpoint(tmp_path):
    folder = tmp_path / "checkpoint_30" / "dataset"
    folder.mkdir(parents=True)
    batches = make_batches()
    next(batches)  # T5X has read one ahead.
    batches.save(folder / "train_ds-000-of-002")
    resumed = make_batches()
    resumed.restore(folder / "train_ds-000-of-002")
    assert first_values(resumed, 2) == [30, 31]


def test_a_position_outside_of_a_checkpoint_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no checkpoint_<step> folder"):
        make_batches().save(tmp_path / "position")


@pytest.fixture
def asked(monkeypatch):
    """What is asked of the native pipeline."""
    calls = []

    def train_batches(data, reading):
        calls.append(reading)
        for n in itertools.count(reading.start_step):
            yield {"rows": 100 * n + np.asarray(reading.rows)}

    monkeypatch.setattr(
        t5x_batches.input_pipeline, "train_batches", train_batches
    )
    return calls


def make_config(**changes):
    fields = {
        "mixture_or_task_name": types.SimpleNamespace(name="mixture"),
        "task_feature_lengths": {"inputs": 4},
        "split": "train",
        "batch_size": 8,
        "shuffle": True,
        "seed": 3,
        "use_cached": False,
    }
    return types.SimpleNamespace(**(fields | changes))


def test_each_host_reads_the_rows_of_its_part(asked):
    parts = [t5x_batches.get_dataset(make_config(), i, 2) for i in (0, 1)]
    rows = np.concatenate([next(part)["rows"] for part in parts])
    np.testing.assert_array_equal(rows, np.arange(8))
    assert [call.batch_size for call in asked] == [8, 8]
    assert asked[0].seed == 3


def test_validation_batches_are_the_first_ones_each_time(asked):
    datasets = t5x_batches.get_training_eval_datasets(make_config(), 0, 1, 2)
    for _ in range(2):
        batches = list(datasets["mixture"].as_numpy_iterator())
        assert [int(batch["rows"][0]) for batch in batches] == [0, 100]


def test_validation_batches_may_be_in_order(asked):
    config = make_config(shuffle=False)
    t5x_batches.get_training_eval_datasets(config, 0, 1, 2)
    assert [reading.shuffle for reading in asked] == [False]


@pytest.mark.parametrize(
    ("changes", "parts", "message"),
    [
        ({"shuffle": False}, 1, "of training needs shuffle=True"),
        ({}, 3, "does not divide over the 3 parts"),
    ],
)
def test_what_would_change_the_batches_is_refused(
    asked, changes, parts, message
):
    with pytest.raises(ValueError, match=message):
        t5x_batches.get_dataset(make_config(**changes), 0, parts)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
