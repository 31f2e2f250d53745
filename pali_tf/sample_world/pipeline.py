"""The Beam pipeline that writes a sample: one element is a shard."""

import contextlib
import functools
from collections.abc import Iterable

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from etils.epath import Path

from pali_tf.sample_world import render, truth, world
from pali_tf.sample_world.config import SampleConfig
from pali_tf.webli import local_beam, records, split_index, write

ShardKey = tuple[str, int, str]
SplitKey = tuple[str, str]


def shards_of(config: SampleConfig) -> list[ShardKey]:
    """Gives split, number and file name of each shard of a source."""
    return [
        (split, shard, write.shard_name(split, shard, config.num_shards(split)))
        for split in config.split_sizes()
        for shard in range(config.num_shards(split))
    ]


def run(config: SampleConfig, output_dir: Path, num_workers: int) -> None:
    """Writes every shard and info file of the sample."""
    mode = "in_memory" if num_workers == 1 else "multi_processing"
    options = PipelineOptions(
        flags=[],  # Else it would parse the arguments of this process.
        direct_num_workers=num_workers,
        direct_running_mode=mode,
    )
    # Named, because DirectRunner first tries to download another runner.
    runner = local_beam.quiet_runner()
    with beam.Pipeline(runner=runner, options=options) as pipeline:
        _ = (
            pipeline
            | "Shards" >> beam.Create(shards_of(config))
            | "Spread" >> beam.Reshuffle()
            | "Write"
            >> beam.FlatMap(functools.partial(write_shard, config, output_dir))
            | "BySplit" >> beam.GroupByKey()
            | "Describe" >> beam.Map(functools.partial(_describe, output_dir))
        )


def write_shard(
    config: SampleConfig, output_dir: Path, key: ShardKey
) -> list[tuple[SplitKey, write.ShardInfo]]:
    """Makes the scenes of one shard and writes it in all six sources."""
    split, shard, name = key
    with contextlib.ExitStack() as stack:
        writers = {
            source: stack.enter_context(
                write.open_shard(output_dir / source / name)
            )
            for source in records.SOURCES
        }
        for index in config.shard_range(split, shard):
            picture = world.make_scene(config, split, index)
            jpeg = render.encode_jpeg(render.render(picture))
            made = truth.make_records(picture, jpeg, config.seed)
            for source, writer in writers.items():
                writer.write(made[source])
    return [
        ((source, split), writer.info) for source, writer in writers.items()
    ]


def _describe(
    output_dir: Path, element: tuple[SplitKey, Iterable[write.ShardInfo]]
) -> None:
    (source, split), shards = element
    write.write_split_info(output_dir / source, split, shards)
    split_index.load(output_dir, source, split)
