"""The ViT as Beam's RunInference wants it."""

from collections.abc import Iterator, Sequence
from typing import Any

from apache_beam.ml.inference import base

from pali_tf.backend import set_backend
from pali_tf.models.vit.config import ViTConfig
from pali_tf.visual_tokens.shards import LoadedShard


class VisualTokensHandler(base.ModelHandler[LoadedShard, Any, Any]):
    """Gives a shard's images their tokens, in batches of one static shape.

    The element is a whole shard: its batches need no shuffle to come together
    and none to fall apart again, its records keep their order, and a worker
    holds one shard at a time. A worker loads the parameters once.

    Args:
        config: the ViT.
        checkpoint: where its parameters are.
        batch_size: images of a call.
    """

    def __init__(self, config: ViTConfig, checkpoint: str, batch_size: int):
        super().__init__(min_batch_size=1, max_batch_size=1)
        self._config = config
        self._checkpoint = checkpoint
        self._batch_size = batch_size

    def load_model(self) -> Any:
        """Loads the parameters and gives a LoadedTower."""
        set_backend("jax")
        # After the backend is chosen: this imports keras.
        from pali_tf.visual_tokens.tower import LoadedTower

        return LoadedTower(self._config, self._checkpoint, self._batch_size)

    def run_inference(
        self,
        batch: Sequence[LoadedShard],
        model: Any,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterator[base.PredictionResult]:
        """Yields float[N, P, Dv] beside each shard."""
        del inference_args
        for loaded in batch:
            yield base.PredictionResult(loaded, model.encode(loaded.images))

    def get_num_bytes(self, batch: Sequence[LoadedShard]) -> int:
        """Counts the pixels; Beam would pickle the shards to weigh them."""
        return sum(loaded.images.nbytes for loaded in batch)

    def get_metrics_namespace(self) -> str:
        """Names the metrics."""
        return "visual_tokens"
