"""The Beam pipeline that stores visual tokens: one element is a shard."""

import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.ml.inference.base import (
    ModelHandler,
    PredictionResult,
    RunInference,
)
from apache_beam.options.pipeline_options import (
    PipelineOptions,
    StandardOptions,
)
from etils.epath import Path

from pali_tf.backend import set_backend
from pali_tf.models.vit.config import ViTConfig
from pali_tf.visual_tokens import shards
from pali_tf.webli import local_beam, split_index, write

SplitKey = tuple[str, str]

# How the local runner reports what a worker raised.
_BAD_RECORD = re.compile(
    r"^(?:\w+\.)*BadRecordError: (?P<message>.*?)(?: \[while running .*)?$",
    re.MULTILINE,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TokensJob:
    """What is read, by which ViT, and what is written.

    Attributes:
        data_dir: root of the stored sources.
        output_dir: root of the same with tokens; all workers see both.
        vision: the ViT.
        checkpoint: its parameters.
        batch_size: images of a call.
        info: what the splits' info files will say.
    """

    data_dir: Path
    output_dir: Path
    vision: ViTConfig
    checkpoint: str
    batch_size: int
    info: write.VisualTokensInfo


def run(
    job: TokensJob,
    todo: Sequence[shards.Shard],
    beam_flags: Sequence[str] = (),
) -> None:
    """Writes every shard of some splits, and their info files.

    Without a --runner in Beam's own flags it runs in this process.

    Raises:
        BadRecordError: an image cannot be used; the message names it.
    """
    options = PipelineOptions(list(beam_flags))
    runner = options.view_as(StandardOptions).runner
    if runner is None:
        # Named, because DirectRunner first tries to download another runner.
        runner = local_beam.quiet_runner()
    handler = _VisualTokensHandler(job.vision, job.checkpoint, job.batch_size)
    load = functools.partial(shards.load, job.data_dir, job.vision.image_size)
    try:
        with beam.Pipeline(runner=runner, options=options) as pipeline:
            _ = (
                pipeline
                | "Shards" >> beam.Create(list(todo))
                | "Spread" >> beam.Reshuffle()
                | "Decode" >> beam.Map(load)
                | "Encode" >> RunInference(handler)
                | "Write" >> beam.Map(functools.partial(_store, job))
                | "BySplit" >> beam.GroupByKey()
                | "Describe" >> beam.Map(functools.partial(_describe, job))
            )
    except RuntimeError as error:
        found = _BAD_RECORD.search(str(error))
        if found is None:
            raise
        raise shards.BadRecordError(found["message"]) from None


def _store(
    job: TokensJob, result: PredictionResult
) -> tuple[SplitKey, write.ShardInfo]:
    loaded: Any = result.example
    tokens: Any = result.inference
    written = shards.store(
        job.output_dir,
        loaded,
        tokens,
        dtype=job.info.dtype,
        drop_images=not job.info.has_images,
    )
    return (loaded.shard.source, loaded.shard.split), written


def _describe(
    job: TokensJob, element: tuple[SplitKey, Iterable[write.ShardInfo]]
) -> None:
    (source, split), written = element
    write.write_split_info(job.output_dir / source, split, written, job.info)
    split_index.load(job.output_dir, source, split)


class _VisualTokensHandler(ModelHandler[shards.LoadedShard, Any, Any]):
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
        batch: Sequence[shards.LoadedShard],
        model: Any,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterator[PredictionResult]:
        """Yields float[N, P, Dv] beside each shard."""
        del inference_args
        for loaded in batch:
            yield PredictionResult(loaded, model.encode(loaded.images))

    def get_num_bytes(self, batch: Sequence[shards.LoadedShard]) -> int:
        """Counts the pixels; Beam would pickle the shards to weigh them."""
        return sum(loaded.images.nbytes for loaded in batch)

    def get_metrics_namespace(self) -> str:
        """Names the metrics."""
        return "visual_tokens"
