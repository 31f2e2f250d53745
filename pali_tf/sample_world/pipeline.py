"""The Beam pipeline that writes a sample: one element is (split, shard)."""

import contextlib
import functools
from collections.abc import Iterable
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_provision_api_pb2
from apache_beam.runners.portability.fn_api_runner import fn_runner
from google.protobuf import struct_pb2

from pali_tf.sample_world import render, truth, world
from pali_tf.sample_world.config import SampleConfig
from pali_tf.webli import records, split_index, write

ShardKey = tuple[str, int]
SplitKey = tuple[str, str]


def run(config: SampleConfig, output_dir: Path, num_workers: int) -> None:
    """Writes every shard and info file of the sample."""
    keys = [
        (split, shard)
        for split in config.split_sizes()
        for shard in range(config.num_shards(split))
    ]
    mode = "in_memory" if num_workers == 1 else "multi_processing"
    options = PipelineOptions(
        flags=[],  # Else it would parse the arguments of this process.
        direct_num_workers=num_workers,
        direct_running_mode=mode,
    )
    # Named, because DirectRunner first tries to download another runner.
    runner = fn_runner.FnApiRunner(provision_info=_quiet_workers())
    with beam.Pipeline(runner=runner, options=options) as pipeline:
        _ = (
            pipeline
            | "Shards" >> beam.Create(keys)
            | "Spread" >> beam.Reshuffle()
            | "Write"
            >> beam.FlatMap(functools.partial(write_shard, config, output_dir))
            | "BySplit" >> beam.GroupByKey()
            | "Describe" >> beam.Map(functools.partial(_describe, output_dir))
        )


def _quiet_workers() -> fn_runner.ExtendedProvisionInfo:
    """Lets the workers log errors only.

    FnApiRunner hands a pipeline's options on to its workers only this way.
    """
    options = struct_pb2.Struct()
    options.update({"beam:option:default_sdk_harness_log_level:v1": "ERROR"})
    return fn_runner.ExtendedProvisionInfo(
        beam_provision_api_pb2.ProvisionInfo(pipeline_options=options)
    )


def write_shard(
    config: SampleConfig, output_dir: Path, key: ShardKey
) -> list[tuple[SplitKey, write.ShardInfo]]:
    """Makes the scenes of one shard and writes it in all six sources."""
    split, shard = key
    name = write.shard_name(split, shard, config.num_shards(split))
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
        (
            (source, split),
            write.describe_shard(
                output_dir / source / name, writer.num_examples
            ),
        )
        for source, writer in writers.items()
    ]


def _describe(
    output_dir: Path, element: tuple[SplitKey, Iterable[write.ShardInfo]]
) -> None:
    (source, split), shards = element
    write.write_split_info(output_dir / source, split, shards)
    split_index.load(output_dir, source, split)
