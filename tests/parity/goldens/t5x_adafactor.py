"""Makes the goldens of T5X's Adafactor: five steps with given gradients.

T5X and what it imports, airio and jestimator, are on no package index:

git clone https://github.com/google-research/t5x (and google/airio,
    google-research/jestimator)
pip install fiddle cached_property chex grain jaxtyping
PYTHONPATH=t5x:airio:jestimator python -m tests.parity.goldens.t5x_adafactor
"""

import jax
import numpy as np
from jax.sharding import PartitionSpec

import t5x
from pali_tf.models.functional import flatten, unflatten
from t5x import adafactor
from tests.parity.cases import adafactor as cases
from tests.parity.goldens.files import (
    TESTDATA,
    git_commit,
    save_outputs,
    write_folder,
)

FOLDER = TESTDATA / "adafactor_t5x"
_AXES = {
    "encoder/layers/kernel": ("layers", "embed", "mlp"),
    "encoder/layers/norm/scale": ("layers", "embed"),
    "encoder/scale": ("embed",),
    "encoder/kernel": ("embed", "mlp"),
    "encoder/tall/kernel": ("mlp", "embed"),
    "encoder/small/kernel": ("embed", "vocab"),
    "temperature": (),
}


def run(case: str) -> dict[str, np.ndarray]:
    """A sample of every parameter, [steps, numbers], by case and path."""
    params, gradients = cases.draw(case)
    fields = cases.CASES[case]
    is_factored = fields.get("factored", True)
    optimizer_def = adafactor.Adafactor(
        logical_factor_rules=(
            adafactor.standard_logical_factor_rules() if is_factored else None
        ),
        **fields,
    )
    # A tuple would be taken for a tree.
    axes = {path: PartitionSpec(*_AXES[path]) for path in params}
    optimizer_def.set_param_axes(unflatten(axes))
    optimizer = optimizer_def.create(unflatten(params))
    found = {path: [] for path in params}
    for step, gradient in enumerate(gradients):
        optimizer = optimizer.apply_gradient(
            unflatten(gradient), learning_rate=cases.LEARNING_RATES[step]
        )
        for path, value in flatten(optimizer.target).items():
            found[path].append(cases.sample(value))
    return {f"{case}/{path}": np.stack(rows) for path, rows in found.items()}


def main() -> None:
    """Writes what T5X gives."""
    outputs = {}
    for case in cases.CASES:
        outputs |= run(case)
    with write_folder(FOLDER) as folder:
        commit = git_commit(t5x.__path__[0])
        save_outputs(folder, outputs, jax, t5x=commit)


if __name__ == "__main__":
    main()
