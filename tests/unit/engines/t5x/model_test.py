"""T5X's model contract, as T5X uses it, without T5X."""

import inspect

import jax
import numpy as np
import pytest
from flax.core import freeze
from flax.linen import partitioning as flax_partitioning
from jax.sharding import PartitionSpec as P

from pali_tf.engines.t5x.model import T5XPaliModel
from pali_tf.models.functional import flatten
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.optimizer import Adafactor
from tests.support import tiny_pali

pytestmark = pytest.mark.slow

FROZEN = r"(?!vision/).*"
TASKS = ("webli_ocr", "captioning:my_shop")


def make_model(**changes):
    native = PaliTrainingModel(
        config=tiny_pali.make_config(), trainable=FROZEN, z_loss=1e-3, **changes
    )
    return T5XPaliModel(model=native, task_names=TASKS)


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture(scope="module")
def variables(model):
    # T5X's keys are raw, its shapes those of the batch.
    shapes = {k: np.shape(v) for k, v in tiny_pali.make_batch().items()}
    return jax.jit(
        lambda rng: model.get_initial_variables(rng=rng, input_shapes=shapes)[
            "params"
        ]
    )(jax.random.PRNGKey(0))


def test_every_parameter_has_named_axes(model):
    variables = jax.eval_shape(
        lambda rng: model.get_initial_variables(
            rng=rng, input_shapes={}, input_types={}
        )["params"],
        jax.random.PRNGKey(0),
    )
    axes = model.get_initial_variables(
        rng=jax.random.PRNGKey(0), input_shapes={}
    )["params_axes"]
    names = flatten(flax_partitioning.get_axis_names(freeze(axes)).unfreeze())
    shapes = {path: leaf.shape for path, leaf in flatten(variables).items()}
    assert names.keys() == shapes.keys()
    assert all(len(names[path]) == len(shapes[path]) for path in names)
    assert names["encoder/layers_0/mlp/wo/kernel"] == P("mlp", "embed")


def test_the_initialiser_is_a_bound_method(model):
    assert model.get_initial_variables.__self__ is model


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("loss_fn", ["params", "batch", "dropout_rng"]),
        ("eval_fn", ["params", "batch"]),
        ("predict_batch", ["params", "batch"]),
        ("predict_batch_with_aux", ["params", "batch"]),
        ("score_batch", ["params", "batch"]),
        (
            "get_initial_variables",
            ["rng", "input_shapes", "input_types"],
        ),
    ],
)
def test_t5x_finds_the_parameters_it_passes(model, method, parameters):
    # T5X tells by the signature whether to pass `rng` or `flax_mutables`.
    signature = inspect.signature(getattr(model, method))
    assert list(signature.parameters) == parameters


def test_loss_and_metrics_are_the_native_engines(model, variables):
    batch = tiny_pali.make_batch()
    batch["task_id"] = np.zeros(3, np.int32)
    # T5X's trees are frozen.
    loss, metrics = jax.jit(model.eval_fn)(freeze(variables), batch)
    expected, examples = jax.jit(model.model.eval_fn)(variables, batch)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    mean = examples.cross_entropy.sum() / examples.num_tokens.sum()
    np.testing.assert_allclose(metrics["loss"].compute(), mean, rtol=1e-6)
    first, other = TASKS
    np.testing.assert_allclose(metrics[f"loss/{first}"].compute(), mean)
    assert metrics["examples"].compute() == 3
    # No value, which is not NaN: T5X's writers would show that for ever.
    assert metrics[f"loss/{other}"].compute_value().value is None
    assert {name.partition("/")[2] for name in metrics} == {"", *TASKS}


def test_metrics_of_batches_merge_to_those_of_all(model, variables):
    found = []
    eval_fn = jax.jit(model.eval_fn)
    for seed in (0, 1):
        batch = tiny_pali.make_batch(seed)
        batch["task_id"] = np.zeros(3, np.int32)
        found.append(eval_fn(variables, batch)[1])
    first, second = (metrics["loss"] for metrics in found)
    both = first.merge(second)
    np.testing.assert_allclose(
        both.compute(),
        (first.total + second.total) / (first.weight + second.weight),
        rtol=1e-6,
    )
    assert "value" in vars(both.compute_value())


def test_frozen_parameters_get_no_gradient(model, variables):
    gradients, _ = jax.jit(jax.grad(model.loss_fn, has_aux=True))(
        variables, tiny_pali.make_batch(), jax.random.PRNGKey(1)
    )
    for path, gradient in flatten(gradients).items():
        if path.startswith("vision/"):
            assert not np.any(gradient), path
    assert np.any(gradients["connector"]["kernel"])


def test_predictions_and_scores_are_the_native_engines(model, variables):
    batch = tiny_pali.make_batch()
    tokens, aux = jax.jit(model.predict_batch_with_aux)(variables, batch)
    expected, scores = jax.jit(model.model.predict_batch_with_aux)(
        variables, batch
    )
    np.testing.assert_array_equal(tokens, expected)
    np.testing.assert_array_equal(aux["scores"], scores["scores"])
    np.testing.assert_array_equal(
        jax.jit(model.predict_batch)(variables, batch), expected
    )
    np.testing.assert_array_equal(
        jax.jit(model.score_batch)(variables, batch),
        jax.jit(model.model.score_batch)(variables, batch),
    )


def test_data_are_converted_as_natively(model):
    assert model.FEATURE_CONVERTER_CLS(pack=False).MODEL_FEATURES.keys() >= {
        "images",
        "decoder_target_tokens",
    }


def test_the_optimizer_is_made_of_what_trains():
    asked = []
    native = PaliTrainingModel(
        config=tiny_pali.make_config(),
        trainable=FROZEN,
        optimizer_def=Adafactor(),
    )
    model = T5XPaliModel(
        model=native, make_optimizer=lambda *given: asked.append(given) or 5
    )
    assert model.optimizer_def == 5
    ((definition, specs, trainable),) = asked
    assert definition == Adafactor()
    assert set(trainable) < specs.keys()
    assert not any(path.startswith("vision/") for path in trainable)
    assert make_model().optimizer_def is None


def test_microbatches_need_a_normaliser_that_is_a_number():
    make_model(loss_normalizing_factor=5.0).check_microbatches()
    with pytest.raises(ValueError, match="computed from each microbatch"):
        make_model(
            loss_normalizing_factor="NUM_REAL_TARGET_TOKENS"
        ).check_microbatches()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
