"""The Beam pipeline that stores visual tokens: one element is a shard."""

import dataclasses
import functools
import re
from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.ml.inference.base import PredictionResult, RunInference
from apache_beam.options.pipeline_options import (
    PipelineOptions,
    StandardOptions,
)
from etils.epath import Path

from pali_tf.models.vit.config import ViTConfig
from pali_tf.visual_tokens import shards
from pali_tf.visual_tokens.inference import VisualTokensHandler
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
    """Writes the given shards, and the info files of their splits.

    Args:
        job: the job.
        todo: every shard of some splits.
        beam_flags: Beam's own, such as --runner=DataflowRunner; without a
            --runner it runs in this process.

    Raises:
        BadRecordError: an image cannot be used; the message names it.
    """
    options = PipelineOptions(list(beam_flags))
    runner = options.view_as(StandardOptions).runner
    if runner is None:
        # Named, because DirectRunner first tries to download another runner.
        runner = local_beam.quiet_runner()
    handler = VisualTokensHandler(job.vision, job.checkpoint, job.batch_size)
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
