"""Our side: the weights are read by the converter, as a user's would be."""

import functools
import pathlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import workload
from benchmarks.peers.worker import serve, timed
from pali_tf.conversion.formats import open_source
from pali_tf.conversion.problems import Allowed
from pali_tf.conversion.reading import find_parameters
from pali_tf.conversion.region import whole
from pali_tf.conversion.transform import Sizes
from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from pali_tf.models.functional import unflatten
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.vit.config import ViTConfig
from pali_tf.training.model import PaliTrainingModel


def make_config(sizes: workload.Sizes) -> PaliConfig:
    """The sizes as our configuration."""
    return PaliConfig(
        vision=ViTConfig(
            patch_size=sizes.patch_size,
            width=sizes.width,
            depth=sizes.depth,
            mlp_dim=sizes.mlp_dim,
            num_heads=sizes.num_heads,
            image_size=sizes.image_size,
        ),
        language=MT5Config(
            vocab_size=sizes.vocab_size,
            emb_dim=sizes.emb_dim,
            num_heads=sizes.num_heads,
            num_encoder_layers=sizes.num_layers,
            num_decoder_layers=sizes.num_layers,
            head_dim=sizes.head_dim,
            mlp_dim=sizes.language_mlp_dim,
        ),
    )


def read_part(path: pathlib.Path, only: str = "") -> dict[str, np.ndarray]:
    """Reads a checkpoint of Hugging Face's, by our paths."""
    _, source, name_map = open_source(path, None, Allowed())
    found = find_parameters(source, name_map, sizes=Sizes(), only=only)
    return {
        name: found.read(name, whole(shape))
        for name, shape in found.shapes.items()
    }


class Ours:
    """The model and its compiled functions."""

    def __init__(self) -> None:
        # Only the last one's: each holds what XLA compiled.
        self._decoders: dict[tuple[int, int], Any] = {}

    def load(self, folder: str, sizes: dict[str, Any]) -> dict[str, Any]:
        """Reads the weights onto the device."""
        self.sizes = workload.Sizes(**sizes)
        self.model = PaliTrainingModel(
            config=make_config(self.sizes),
            loss_normalizing_factor="NUM_REAL_TARGET_TOKENS",
        )
        files = workload.Files(folder=pathlib.Path(folder))
        values = read_part(files.vision, only="vision")
        values |= read_part(files.language)
        values["connector/kernel"] = np.load(files.connector)
        self.params = jax.tree.map(jnp.asarray, unflatten(values))
        return {"parameters": self.model.functional.num_parameters}

    def _inputs(self, batch_size: int, length: int) -> dict[str, np.ndarray]:
        made = workload.make_inputs(self.sizes, batch_size, length)
        return {
            "images": made["images"],
            "image_mask": np.ones(batch_size, bool),
            "encoder_input_tokens": made["prompts"],
            "decoder_input_tokens": np.pad(
                made["targets"][:, :-1], ((0, 0), (1, 0))
            ),
            "decoder_target_tokens": made["targets"],
            "decoder_loss_weights": np.ones((batch_size, length), np.float32),
        }

    def _compiled_decode(self, num_beams: int, length: int) -> Any:
        key = (num_beams, length)
        if key not in self._decoders:
            self._decoders = {key: self._make_decode(num_beams, length)}
        return self._decoders[key]

    def _make_decode(self, num_beams: int, length: int) -> Any:
        # No brevity penalty: sums of log-probabilities, as the peer is set.
        config = DecodingConfig(num_beams=num_beams, alpha=0.0)

        def run(params: Any, batch: Any) -> Any:
            return self.model.functional.call(
                decode,
                params,
                batch["images"],
                batch["image_mask"],
                batch["encoder_input_tokens"],
                config=config,
                max_decode_len=length,
                num_pieces=workload.NUM_PIECES,
            )

        return jax.jit(run)

    def decode(
        self, batch_size: int, num_beams: int, length: int
    ) -> dict[str, Any]:
        """Decodes a batch; the first call of a cell compiles."""
        run = self._compiled_decode(num_beams, length)
        batch = self._inputs(batch_size, length)
        return timed(
            lambda: jax.device_get(run(self.params, batch).tokens[:, 0])
        )

    @functools.cached_property
    def _compiled_step(self) -> Any:
        def loss(params: Any, batch: Any) -> Any:
            return self.model.loss_fn(params, batch, None)[0]

        return jax.jit(jax.value_and_grad(loss))

    def train_step(self, batch_size: int, length: int) -> dict[str, Any]:
        """Computes the loss and the gradient of every parameter."""
        batch = self._inputs(batch_size, length)

        def run() -> float:
            value, gradients = jax.block_until_ready(
                self._compiled_step(self.params, batch)
            )
            del gradients
            return float(value)

        return timed(run)


def main() -> None:
    """Serves."""
    ours = Ours()
    serve(
        {
            "load": ours.load,
            "decode": ours.decode,
            "train_step": ours.train_step,
        }
    )


if __name__ == "__main__":
    main()
