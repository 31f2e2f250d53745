"""Makes small checkpoints of mT5 as T5X itself saves them.

Legacy layout and orbax, unscanned and scanned layers, with the optimizer's
state that a checkpoint of training has. T5X, airio and jestimator are on no
package index:

git clone https://github.com/google-research/t5x (and google/airio,
    google-research/jestimator)
pip install -e .[t5x] fiddle cached_property
PYTHONPATH=t5x:airio:jestimator python -m tests.parity.goldens.t5x_checkpoints
"""

import pathlib
import shutil
import tarfile
from typing import Any

import jax
import numpy as np
from t5x.examples.scalable_t5 import network as scalable_network
from t5x.examples.t5 import network

import t5x
from t5x import adafactor, checkpoints, partitioning, train_state
from tests.parity.goldens.files import (
    TESTDATA,
    git_commit,
    save_outputs,
    write_folder,
)

FOLDER = TESTDATA / "mt5_t5x"
SEED = 50
STEP = 7
LENGTH = 5

SIZES = {
    "vocab_size": 96,
    "emb_dim": 24,
    "num_heads": 3,
    "num_encoder_layers": 2,
    "num_decoder_layers": 2,
    "head_dim": 10,
    "mlp_dim": 40,
    "mlp_activations": ("gelu", "linear"),
    "dropout_rate": 0.0,
}


def make_state(model: Any, rng: np.random.Generator, is_repeated: bool) -> Any:
    """A training state of step 7 with random parameters.

    Args:
        model: a Transformer of T5X.
        rng: where the values come from.
        is_repeated: whether a stack's position tables, one a layer, are to
            be equal, as those of mT5 are.
    """
    tokens = np.ones((1, LENGTH), np.int32)
    variables = model.init(
        jax.random.key(0), tokens, tokens, tokens, enable_dropout=False
    )

    def draw(path: tuple, old: Any) -> np.ndarray:
        shape = old.shape
        if is_repeated and path[-1].key == "rel_embedding":
            one = rng.standard_normal((shape[0], 1, shape[2]))
            return np.broadcast_to(one, shape).astype(np.float32)
        return rng.standard_normal(shape).astype(np.float32)

    params = jax.tree_util.tree_map_with_path(draw, variables["params"])
    optimizer = adafactor.Adafactor(
        learning_rate=0.1,
        logical_factor_rules=adafactor.standard_logical_factor_rules(),
    )
    state = train_state.FlaxOptimTrainState.create(
        optimizer, {**variables, "params": params}
    )
    return state.replace_step(np.int32(STEP))


def save(folder: pathlib.Path, name: str, state: Any) -> None:
    """Saves a state in both layouts, each as an archive."""
    partitioner = partitioning.PjitPartitioner(num_partitions=1)
    legacy = checkpoints.Checkpointer(
        state, partitioner, str(folder / f"{name}_legacy")
    )
    legacy.save(state)
    (folder / f"{name}_orbax").mkdir()
    orbax = checkpoints.OrbaxCheckpointManagerInterface(
        str(folder / f"{name}_orbax"), state, partitioner
    )
    orbax.save(state)
    orbax.wait_until_finished()
    orbax.close()
    for layout in ("legacy", "orbax"):
        # Hundreds of small files: one in git.
        saved = folder / f"{name}_{layout}"
        with tarfile.open(f"{saved}.tar.gz", "w:gz") as archive:
            archive.add(saved, saved.name)
        shutil.rmtree(saved)


def main() -> None:
    """Writes the checkpoints and, beside them, their parameters."""
    rng = np.random.default_rng(SEED)
    unscanned = network.Transformer(network.T5Config(**SIZES))
    scanned = scalable_network.Transformer(
        scalable_network.T5Config(**SIZES, scan_layers=True, param_scan_axis=1)
    )
    outputs = {}
    with write_folder(FOLDER) as folder:
        for name, model in (("unscanned", unscanned), ("scanned", scanned)):
            state = make_state(model, rng, is_repeated=name == "scanned")
            save(folder, name, state)
            for path, value in jax.tree_util.tree_leaves_with_path(
                state.params
            ):
                keys = "/".join(key.key for key in path)
                outputs[f"{name}/{keys}"] = np.asarray(value)
        commit = git_commit(t5x.__path__[0])
        save_outputs(folder, outputs, jax, t5x=commit)


if __name__ == "__main__":
    main()
