"""From a checkpoint to texts and scores."""

import types

import jax
import numpy as np
import pytest

from pali_tf.models.functional import flatten
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.training import checkpoint, predictor
from pali_tf.training.model import PaliTrainingModel
from tests.support import tiny_pali

PARTITIONER = PjitPartitioner()
VOCABULARY = types.SimpleNamespace(
    vocab_size=60, decode=lambda ids: " ".join(map(str, ids))
)


@pytest.fixture(scope="module")
def model():
    return PaliTrainingModel(
        config=tiny_pali.make_config(), vocabulary=VOCABULARY
    )


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    params = jax.jit(model.init)(jax.random.key(0))
    checkpoint.save_parameters(directory, 30, params)
    return directory, params


def test_parameters_and_step_of_the_latest(model, saved):
    directory, params = saved
    loaded, step = predictor.load_model_parameters(
        model, str(directory), PARTITIONER
    )
    assert step == 30
    for path, value in flatten(params).items():
        np.testing.assert_array_equal(value, flatten(loaded)[path])


def test_texts_and_scores_of_a_batch(model, saved):
    runner = predictor.Predictor(model, saved[1], PARTITIONER, 4)
    batch = tiny_pali.make_batch()
    texts, scores = runner.predict(batch)
    assert [len(text.split()) for text in texts] == [4, 4, 4]
    assert all(score < 0 for score in scores)
    assert runner.score(batch) == pytest.approx(
        jax.jit(model.score_batch)(saved[1], batch).tolist()
    )


def test_part_of_a_model_is_not_enough(model, saved, tmp_path):
    part = {"vision": saved[1]["vision"]}
    checkpoint.save_parameters(tmp_path, 1, part)
    with pytest.raises(ValueError, match="not a checkpoint of a whole run"):
        predictor.load_model_parameters(model, str(tmp_path), PARTITIONER)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
