"""What a finished sample holds, in a few lines for a person."""

from etils.epath import Path

from pali_tf import files
from pali_tf.errors import UserError
from pali_tf.sample_world import fonts
from pali_tf.sample_world.config import SampleConfig
from pali_tf.webli import read, records


def describe(output_dir: Path, config: SampleConfig, seconds: float) -> str:
    """Returns the summary of a sample that took `seconds` to write."""
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
