"""Our side, on JAX: decoding."""

from typing import Any

import jax

from benchmarks.peers import ours_jax, workload
from benchmarks.peers.our_model import make_batch
from benchmarks.peers.worker import serve, timed
from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode


class Ours(ours_jax.Ours):
    """The model and its compiled decoders."""

    def __init__(self) -> None:
        # Only the last one's: each holds what XLA compiled.
        self._decoders: dict[tuple[int, int], Any] = {}

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
        batch = make_batch(self.sizes, batch_size, length)
        return timed(
            lambda: jax.device_get(run(self.params, batch).tokens[:, 0])
        )


def main() -> None:
    """Serves."""
    ours = Ours()
    serve({"load": ours.load, "decode": ours.decode})


if __name__ == "__main__":
    main()
