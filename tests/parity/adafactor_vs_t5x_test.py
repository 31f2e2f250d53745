"""Our Adafactor against what T5X's gave, parameter by parameter.

`python -m tests.parity.goldens.t5x_adafactor` made the goldens.
"""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from pali_tf.training.optimizer import Adafactor
from tests.parity.cases import adafactor as cases

GOLDENS = pathlib.Path(__file__).parents[1] / "testdata" / "adafactor_t5x"
TOLERANCE = 1e-6  # Relative, of the largest number of an array.


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDENS / "outputs.npz") as outputs:
        return dict(outputs)


def steps(case):
    """Our parameters after each step."""
    params, gradients = cases.draw(case)
    rates = jnp.asarray(cases.LEARNING_RATES)
    optimizer = Adafactor(**cases.CASES[case]).make(lambda step: rates[step])
    params = jax.tree.map(jnp.asarray, params)
    state = optimizer.init(params)
    update = jax.jit(optimizer.update)
    for gradient in gradients:
        updates, state = update(gradient, state, params)
        params = optax.apply_updates(params, updates)
        yield params


@pytest.mark.parametrize("case", cases.CASES)
def test_five_steps_give_what_t5x_gives(case, golden, record_property):
    largest = 0.0
    for step, params in enumerate(steps(case)):
        for path, value in params.items():
            theirs = golden[f"{case}/{path}"][step]
            ours = cases.sample(value)
            error = np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs))
            largest = max(largest, float(error))
            assert error < TOLERANCE, f"{path} after step {step}"
    record_property("error", largest)


def test_every_setting_shows_in_the_goldens(golden):
    path = "encoder/kernel"  # Drawn alike in every case.
    last = {case: golden[f"{case}/{path}"][-1] for case in cases.CASES}
    paper = last.pop("paper")
    for case, values in last.items():
        difference = np.max(np.abs(values - paper)) / np.max(np.abs(paper))
        assert difference > 100 * TOLERANCE, case


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
