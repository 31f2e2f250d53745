"""Makes the goldens of big_vision's ViT.

git clone https://github.com/google-research/big_vision
pip install -e .[t5x] einops
PYTHONPATH=big_vision python -m tests.parity.goldens.big_vision_vit
"""

import big_vision
import big_vision.utils
import flax
import jax
import numpy as np
from big_vision.models import vit

from tests.parity.goldens import weights
from tests.parity.goldens.files import (
    TESTDATA,
    git_commit,
    save_outputs,
    write_folder,
)

FOLDER = TESTDATA / "vit_big_vision"
SEED = 40

IMAGE_SIZE, LARGE_IMAGE_SIZE, PATCH_SIZE = 42, 70, 14
SHAPE = {
    "num_classes": 5,
    "patch_size": (PATCH_SIZE, PATCH_SIZE),
    "width": 24,
    "depth": 3,
    "mlp_dim": 56,
    "num_heads": 4,
    "pool_type": "map",
}
# PaLI's: patches a side at 224, then at 378, 490 and 588 pixels.
FIRST_SIDE, OTHER_SIDES = 16, (27, 35, 42)


def draw_weights(params: dict, rng: np.random.Generator) -> dict:
    """Gives new values for every parameter."""

    def draw(path: tuple, old: np.ndarray) -> np.ndarray:
        name = path[-1].key
        if name == "scale":
            fan_in = None
        elif name == "bias":
            fan_in = 9
        elif name in ("pos_embedding", "probe"):
            fan_in = 1
        elif path[-2].key == "out":  # [N, H, D]
            fan_in = old.shape[0] * old.shape[1]
        elif old.ndim == 3:  # [D, N, H]
            fan_in = old.shape[0]
        else:
            fan_in = int(np.prod(old.shape[:-1]))
        return weights.draw(rng, old.shape, fan_in)

    return jax.tree_util.tree_map_with_path(draw, params)


def run(params: dict, images: np.ndarray, **options) -> dict[str, np.ndarray]:
    """Tokens after each block, after the last norm, pooled, and logits."""
    pixels = images.astype(np.float32) / 127.5 - 1.0
    model = vit.Model(**SHAPE, **options)
    logits, inner = model.apply({"params": params}, pixels)
    blocks = {
        f"block_{i}": inner["encoder"][f"block{i:02d}"]["+mlp"]
        for i in range(SHAPE["depth"])
    }
    return blocks | {
        "tokens": inner["encoded"],
        "pooled": inner["pre_logits"],
        "logits": logits,
    }


def resize_tables(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A position table of 224 pixels, resized to those of PaLI's phases."""
    table = rng.standard_normal((1, FIRST_SIDE**2, 2)).astype(np.float32)
    outputs = {"position_table": table[0]}
    for side in OTHER_SIDES:
        wanted = np.zeros((1, side**2, table.shape[-1]))
        resized = vit.resample_posemb(table, wanted)
        outputs[f"position_table_{side}"] = resized[0]
    return outputs


def main() -> None:
    """Writes the file as big_vision names its arrays, and what it gives."""
    rng = np.random.default_rng(SEED)
    images, large = (
        rng.integers(0, 256, (2, size, size, 3), dtype=np.uint8)
        for size in (IMAGE_SIZE, LARGE_IMAGE_SIZE)
    )
    shapes = jax.eval_shape(
        vit.Model(**SHAPE).init,
        jax.random.key(0),
        images.astype(np.float32),
    )
    params = draw_weights(flax.core.unfreeze(shapes["params"]), rng)
    outputs = {"images": images, "large_images": large} | run(params, images)

    scanned = run(vit.pyloop_to_scan(params), images, scan=True)
    for name, value in scanned.items():
        np.testing.assert_allclose(value, outputs[name], atol=1e-5)

    wanted = np.zeros((1, (LARGE_IMAGE_SIZE // PATCH_SIZE) ** 2, 24))
    table = vit.resample_posemb(params["pos_embedding"], wanted)
    resized = run(params | {"pos_embedding": table}, large)
    outputs |= {f"large_{name}": value for name, value in resized.items()}
    outputs |= resize_tables(rng)

    with write_folder(FOLDER) as folder:
        named, _ = big_vision.utils.tree_flatten_with_names({"params": params})
        np.savez(folder / "vit.npz", **dict(named))
        commit = git_commit(big_vision.__path__[0])
        save_outputs(folder, outputs, flax, jax, big_vision=commit)


if __name__ == "__main__":
    main()
