"""`pali build-data --visual_tokens`: stores the ViT's tokens beside images.

Arguments after `--` are Beam's own: `-- --runner=DataflowRunner ...`; without
a runner it runs here.
"""

import argparse

from pali_tf import files
from pali_tf.backend import set_backend
from pali_tf.data.token_storage import DTYPES
from pali_tf.models.vit import config as vit_config
from pali_tf.run import program_log


def main(argv: list[str]) -> int:
    """Runs the command; `argv` has what follows its name."""
    end = argv.index("--") if "--" in argv else len(argv)
    flags = _parse(argv[:end])
    size = flags.image_size or (64 if flags.vision_size == "tiny" else 224)
    vision = vit_config.get_config(
        flags.vision_size, image_size=size, dtype=flags.compute_dtype
    )
    set_backend("jax")
    program_log.set_up()
    # TensorFlow and Keras come in here; `--help` has long answered.
    from pali_tf.visual_tokens import building

    splits = building.find_splits(flags.data_dir, flags.sources, flags.splits)
    job = building.make_job(
        flags.data_dir,
        flags.output_dir,
        vision,
        vision_checkpoint=flags.vision_checkpoint,
        batch_size=flags.batch_size,
        dtype=flags.dtype,
        has_images=not flags.drop_images,
    )
    for line in building.build(job, splits, argv[end + 1 :]):
        print(line, flush=True)
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pali build-data", description=__doc__, allow_abbrev=False
    )
    parser.add_argument(
        "--visual_tokens",
        action="store_true",
        required=True,
        help="what is built: the tokens of a frozen ViT",
    )
    parser.add_argument("--data_dir", type=files.as_path, required=True)
    parser.add_argument(
        "--output_dir",
        type=files.as_path,
        required=True,
        help="another data folder, the same but for the tokens",
    )
    _add_vit_flags(parser)
    parser.add_argument(
        "--dtype",
        choices=DTYPES,
        default="bfloat16",
        help="of the stored tokens (default: %(default)s)",
    )
    parser.add_argument(
        "--drop_images",
        action="store_true",
        help="leave the pixels out: the new data then serve stored tokens only",
    )
    parser.add_argument(
        "--sources", help="comma-separated (default: all that are there)"
    )
    parser.add_argument(
        "--splits", help="comma-separated (default: all that are there)"
    )
    parser.add_argument(
        "--batch_size",
        type=int,
        default=32,
        help="images of a call of the ViT (default: %(default)s)",
    )
    return parser.parse_args(argv)


def _add_vit_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--vision_checkpoint",
        required=True,
        help="a checkpoint that holds the ViT, or a folder of them",
    )
    parser.add_argument(
        "--vision_size", choices=vit_config.SIZES, required=True
    )
    parser.add_argument(
        "--image_size",
        type=int,
        help="side in pixels, as the run's IMAGE_SIZE (default: 64 for tiny, "
        "224 otherwise)",
    )
    parser.add_argument(
        "--compute_dtype",
        choices=("float32", "bfloat16"),
        default="bfloat16",
        help="of the ViT, as the run's DTYPE (default: %(default)s)",
    )
