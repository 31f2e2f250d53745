"""Makes the goldens of T5X's network and beam search.

The weights are those of the Hugging Face goldens, through our conversion:
our tree of the language part is T5X's.

git clone https://github.com/google-research/t5x
pip install -e .[t5x]
PYTHONPATH=t5x python -m tests.parity.goldens.t5x_mt5
"""

import importlib.machinery
import importlib.util
import sys

import flax
import jax
import jax.numpy as jnp
import numpy as np

from pali_tf.models.functional import unflatten
from tests.parity.goldens.files import (
    TESTDATA,
    git_commit,
    save_outputs,
    write_folder,
)
from tests.support.checkpoint import read_checkpoint

FOLDER = TESTDATA / "mt5_t5x_outputs"
SOURCE = TESTDATA / "mt5_huggingface"

PAD, EOS = 0, 1
DECODE_LENGTH, BEAM_SIZE, ALPHA = 16, 4, 0.6
# Of the positions of long outputs: enough to tell, a quarter of the bytes.
STRIDE = 4


def declare_package(name: str) -> str:
    """Makes a package importable without what its __init__ imports.

    T5X's imports its training loop, and with it ten more libraries.

    Returns:
        Its folder.
    """
    spec = importlib.machinery.PathFinder.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{name} is not on PYTHONPATH.")
    sys.modules[name] = importlib.util.module_from_spec(spec)
    return spec.submodule_search_locations[0]


def make_network():
    """T5X's network in the shape of the Hugging Face goldens."""
    network = importlib.import_module("t5x.examples.t5.network")
    return network.Transformer(
        network.T5Config(
            vocab_size=96,
            emb_dim=24,
            num_heads=3,
            num_encoder_layers=3,
            num_decoder_layers=2,
            head_dim=10,
            mlp_dim=40,
            mlp_activations=("gelu", "linear"),
            dropout_rate=0.0,
            logits_via_embedding=False,
        )
    )


def forward(model, variables, golden) -> dict[str, np.ndarray]:
    """Teacher forcing on the inputs of the Hugging Face golden."""
    encoder = golden["encoder_input_tokens"]
    decoder = golden["decoder_input_tokens"]
    encoded = model.apply(
        variables, encoder, enable_dropout=False, method=model.encode
    )
    logits = model.apply(
        variables,
        encoder,
        decoder,
        np.ones_like(decoder),  # Every target counts.
        enable_dropout=False,
    )
    return {"encoded": encoded[:, ::STRIDE], "logits": logits[:, ::STRIDE]}


def search(model, variables, prompts: np.ndarray) -> dict[str, np.ndarray]:
    """T5X's beam search, each step computed from the whole prefix."""
    decoding = importlib.import_module("t5x.decoding")
    encoded = model.apply(
        variables, prompts, enable_dropout=False, method=model.encode
    )
    encoded, rows = (
        jnp.repeat(x, BEAM_SIZE, axis=0) for x in (encoded, prompts)
    )

    def tokens_to_logits(state):
        logits = model.apply(
            variables,
            encoded,
            rows,
            state.sequences,
            jnp.ones_like(state.sequences),
            enable_dropout=False,
            method=model.decode,
        )
        return jnp.take(logits, state.cur_index, axis=1), state.cache

    tokens, scores = decoding.beam_search(
        np.zeros((len(prompts), DECODE_LENGTH + 1), np.int32),
        {},
        tokens_to_logits,
        EOS,
        num_decodes=BEAM_SIZE,
        alpha=ALPHA,
        max_decode_len=DECODE_LENGTH,
    )
    # Best first, as ours.
    return {
        "prompts": prompts,
        "penalized_tokens": np.asarray(tokens)[:, ::-1],
        "penalized_scores": np.asarray(scores)[:, ::-1],
    }


def comparable(outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Keeps the prompts whose answers are the same by definition.

    T5X may produce the padding token, we never do; and where fewer answers
    end than are asked for, T5X and we fill up differently.
    """
    tokens = outputs["penalized_tokens"]
    ended = np.cumsum(tokens == EOS, axis=-1) > 0
    kept = ended[..., -1].all(1) & ~np.any((tokens == PAD) & ~ended, (1, 2))
    if kept.sum() < 4:
        raise ValueError(f"{kept.sum()} prompts are left of {len(kept)}.")
    return {name: value[kept] for name, value in outputs.items()}


def main() -> None:
    """Writes what T5X gives."""
    commit = git_commit(declare_package("t5x"))
    model = make_network()
    variables = {"params": unflatten(read_checkpoint(SOURCE))}
    with np.load(SOURCE / "outputs.npz") as golden:
        outputs = forward(model, variables, golden)
        searched = search(model, variables, golden["prompts"])
    with write_folder(FOLDER) as folder:
        outputs |= comparable(searched)
        save_outputs(folder, outputs, flax, jax, t5x=commit)


if __name__ == "__main__":
    main()
