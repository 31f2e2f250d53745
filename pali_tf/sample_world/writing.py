"""Writing the sample as a data folder, or keeping the one that is there."""

import dataclasses
import json
import time
from typing import Any

from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.errors import UserError, told
from pali_tf.sample_world import fonts
from pali_tf.sample_world.config import SampleConfig
from pali_tf.webli import records

CONFIG_FILE = "sample.json"


def write_sample(
    config: SampleConfig, output_dir: Path, num_workers: int
) -> str:
    """Writes the sample, unless `output_dir` holds all of it.

    Args:
        config: what is generated.
        output_dir: the data folder.
        num_workers: processes; the bytes do not depend on it.

    Returns:
        What was done, to be shown.

    Raises:
        UserError: the folder holds something else, or there is no worker.
    """
    if num_workers < 1:
        raise UserError(
            f"--num_workers is {num_workers}; at least 1 is needed."
        )
    if is_complete(output_dir, config):
        return f"Kept {output_dir}: it holds this sample already."
    # They take seconds to import, and all answers above need none of them.
    from pali_tf.sample_world import pipeline
    from pali_tf.webli import local_beam

    content = {"config": dataclasses.asdict(config), "is_complete": False}
    json_files.write(output_dir / CONFIG_FILE, content)
    files.remove_leftovers(output_dir)
    started = time.monotonic()
    # Of a shard's sources, `text` closes last.
    folder = output_dir / "text"
    for split in config.split_sizes():
        (folder / f"{split}.info.json").unlink(missing_ok=True)
    shards = [folder / name for _, _, name in pipeline.shards_of(config)]
    with local_beam.counted(shards, "Writing images"):
        pipeline.run(config, output_dir, num_workers)
    json_files.write(output_dir / CONFIG_FILE, content | {"is_complete": True})
    return _summary(output_dir, config, time.monotonic() - started)


def is_complete(output_dir: Path, config: SampleConfig) -> bool:
    """Whether `output_dir` holds all of this sample.

    Raises:
        UserError: it holds something else, which is not to be written over.
    """
    with told():
        if not output_dir.exists() or not any(files.children(output_dir)):
            return False
    path = output_dir / CONFIG_FILE
    if not path.is_file():
        raise UserError(
            f"{output_dir} is not empty and holds no generated sample. Give "
            "another --output_dir."
        )
    found = json_files.read(path)
    # As JSON would give it back: tuples are lists there.
    wanted = json.loads(json.dumps(dataclasses.asdict(config)))
    if found["config"] != wanted:
        raise UserError(
            f"{output_dir} holds another sample "
            f"({_differences(found['config'], wanted)}). Give another "
            "--output_dir, or remove this one first."
        )
    return found["is_complete"]


def _differences(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    return ", ".join(
        f"{key}: {found.get(key)} there, {wanted.get(key)} asked for"
        for key in sorted(found.keys() | wanted.keys())
        if found.get(key) != wanted.get(key)
    )


def _summary(output_dir: Path, config: SampleConfig, seconds: float) -> str:
    """Tells what a finished sample holds; checks that it is all there."""
    from pali_tf.webli import read

    sizes = config.split_sizes()
    found = files.list_files(output_dir).items()
    size = sum(size for name, size in found if ".tfrecord-" in name)
    lines = [
        f"Wrote {sum(sizes.values())} scenes ({config.level} level, seed "
        f"{config.seed}) to {output_dir} in {seconds:.0f} s.",
        "Records: "
        + ", ".join(f"{split} {count}" for split, count in sizes.items())
        + f", in each of {', '.join(records.SOURCES)}.",
        f"Size: {size / 2**20:.0f} MiB.",
    ]
    for source in records.SOURCES:
        for split, expected in sizes.items():
            info = read.read_split_info(output_dir, source, split)
            if info.num_examples != expected:
                raise UserError(
                    f"{source}/{split} has {info.num_examples} records, "
                    f"expected {expected}."
                )
    if config.level == "free":
        for script, advice in fonts.missing_scripts().items():
            lines.append(f"No {script} in the pictures; to have it: {advice}.")
    return "\n".join(lines)
