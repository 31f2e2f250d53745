"""`pali sample-data`: a generated sample of WebLI and its vocabulary.

The sample stands alone; the vocabulary is trained on what the tasks make of
it, so the two meet here.
"""

import argparse
import os

from pali_tf import files
from pali_tf.sample_world import world, writing
from pali_tf.sample_world.config import LEVELS, SampleConfig


def main(argv: list[str]) -> int:
    """Runs the command; `argv` has what follows its name."""
    arguments = _parse(argv)
    # Inherited by the workers: no banner from each of them.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    config = world.make_config(
        level=arguments.level,
        seed=arguments.seed,
        num_train=arguments.num_images,
        num_validation=arguments.num_validation,
        num_test=arguments.num_test,
    )
    output_dir = files.absolute(arguments.output_dir)
    print(writing.write_sample(config, output_dir, arguments.num_workers))
    # TensorFlow comes in here; `--help` has long answered.
    from pali_tf.data import data_root
    from seqio_tasks.vocabulary_texts import train_vocabulary

    path = output_dir / data_root.VOCABULARY
    if path.is_file():
        print(f"Kept {path}.")
    else:
        print(f"Wrote {train_vocabulary(output_dir):,} pieces to {path}.")
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    defaults = SampleConfig()
    parser = argparse.ArgumentParser(
        prog="pali sample-data",
        description="Writes a generated sample of WebLI: pictures of shapes "
        "and printed words, with ground truth for all pre-training tasks.",
    )
    parser.add_argument("--output_dir", type=files.as_path, required=True)
    parser.add_argument(
        "--num_images",
        type=int,
        default=defaults.num_train,
        help="images to train on (default: %(default)s)",
    )
    parser.add_argument(
        "--num_validation",
        type=int,
        default=defaults.num_validation,
        help="(default: %(default)s)",
    )
    parser.add_argument(
        "--num_test",
        type=int,
        default=defaults.num_test,
        help="images of combinations never seen in training "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--level",
        choices=LEVELS,
        default=defaults.level,
        help="grid: learned in minutes; free: varied sizes, textures, "
        "overlaps, scripts (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument(
        "--num_workers",
        type=int,
        default=os.cpu_count(),
        help="processes; the bytes do not depend on it (default: %(default)s)",
    )
    return parser.parse_args(argv)
