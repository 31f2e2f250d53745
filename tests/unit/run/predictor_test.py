"""From a checkpoint to texts and scores."""

import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pali_tf.checkpoints import checkpoint
from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from pali_tf.models.functional import flatten
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.run import predictor
from pali_tf.training import metrics
from pali_tf.training.configs import Selection
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.train_state import TrainState
from tests.support import tiny_pali

pytestmark = pytest.mark.slow

PARTITIONER = PjitPartitioner()
VOCABULARY = types.SimpleNamespace(
    vocab_size=60,
    eos_id=1,
    decode=lambda ids: " ".join(map(str, ids)),
    encode=lambda text: list(map(int, text.split())),
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


def test_the_moving_average_where_it_is_asked_for(model, saved, tmp_path):
    flat = flatten(saved[1])
    frozen = {p: v for p, v in flat.items() if p.startswith("vision/")}
    trainable = {p: v for p, v in flat.items() if p not in frozen}
    state = TrainState(
        step=jnp.int32(5),
        trainable=trainable,
        frozen=frozen,
        optimizer={"slot": jnp.zeros(1)},
        metrics=metrics.zeros(1),
        ema={path: value + 1 for path, value in trainable.items()},
    )
    checkpoints = RunCheckpoints(tmp_path, task_names=["task"])
    checkpoints.save(state, Progress(step=5))
    checkpoints.close()
    for use_ema in (False, True):
        loaded, step = predictor.load_model_parameters(
            model, str(tmp_path), PARTITIONER, Selection(use_ema=use_ema)
        )
        assert step == 5
        for path, value in flatten(loaded).items():
            averaged = use_ema and path in trainable
            expected = flat[path] + 1 if averaged else flat[path]
            np.testing.assert_array_equal(value, expected)


def test_texts_and_scores_of_a_batch(model, saved):
    runner = predictor.Predictor(model, PARTITIONER, 4)
    batch = tiny_pali.make_batch()
    texts, scores = runner.predict(saved[1], batch)
    assert [len(text.split()) for text in texts] == [4, 4, 4]
    assert all(score < 0 for score in scores)
    assert runner.score(saved[1], batch) == pytest.approx(
        jax.jit(model.score_batch)(saved[1], batch).tolist()
    )


def test_classes_are_ranked_by_the_score_of_their_names(model, saved):
    runner = predictor.Predictor(model, PARTITIONER, 4)
    batch = tiny_pali.make_batch()
    names = ["7", "8 9", "10", "11 12 13", "14", "15 16"]
    scores = {}
    for name in names:
        targets = np.zeros_like(batch["decoder_target_tokens"])
        ids = [*VOCABULARY.encode(name), VOCABULARY.eos_id]
        targets[:, : len(ids)] = ids
        inputs = np.pad(targets, ((0, 0), (1, 0)))[:, :-1]
        scores[name] = runner.score(
            saved[1],
            {
                **batch,
                "decoder_target_tokens": targets,
                "decoder_input_tokens": inputs,
                "decoder_loss_weights": (targets > 0).astype(np.float32),
            },
        )
    ranked, best = runner.rank(saved[1], batch, names)
    for row, found in enumerate(ranked):
        expected = sorted(names, key=lambda name: -scores[name][row])
        # The five likeliest are told.
        assert list(found) == expected[:5]
        assert best[row] == pytest.approx(scores[expected[0]][row], rel=1e-5)


def test_a_later_evaluation_compiles_nothing(model, saved, monkeypatch):
    runner = predictor.Predictor(model, PARTITIONER, 4)
    batch = tiny_pali.make_batch()
    first, _ = runner.predict(saved[1], batch)
    trained = jax.tree.map(lambda x: x * 2, saved[1])
    compiled = []
    monkeypatch.setattr(
        jax._src.compiler,
        "compile_or_get_cached",
        lambda *_, **__: compiled.append(1),
    )
    second, _ = runner.predict(trained, batch)
    assert compiled == []
    assert first != second


def test_part_of_a_model_is_not_enough(model, saved, tmp_path):
    part = {"vision": saved[1]["vision"]}
    checkpoint.save_parameters(tmp_path, 1, part)
    with pytest.raises(ValueError, match="not a checkpoint of a whole run"):
        predictor.load_model_parameters(model, str(tmp_path), PARTITIONER)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
