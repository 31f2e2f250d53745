"""`pali build-data --visual_tokens`: stores the ViT's tokens beside images.

Arguments after `--` are Beam's own: `-- --runner=DataflowRunner ...`; without
a runner it runs here.
"""

import argparse
import difflib
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pali_tf import program_log
from pali_tf.backend import set_backend
from pali_tf.models.vit import config as vit_config
from pali_tf.user_errors import run_command
from pali_tf.visual_tokens.storage import DTYPES
from pali_tf.webli import records

Split = tuple[str, str]


def main(argv: Sequence[str]) -> int:
    """Runs the command.

    Args:
        argv: the arguments after the command's name.

    Returns:
        The exit status.
    """
    argv = list(argv)
    end = argv.index("--") if "--" in argv else len(argv)
    flags = _parse(argv[:end])
    splits = _find_splits(flags.data_dir, flags.sources, flags.splits)
    set_backend("jax")
    program_log.set_up()
    job = _make_job(flags)
    left = [split for split in splits if not _is_kept(job, split)]
    _copy_vocabulary(job)
    if left:
        _write(job, left, argv[end + 1 :])
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pali build-data", description=__doc__, allow_abbrev=False
    )
    parser.add_argument(
        "--visual_tokens",
        action="store_true",
        required=True,
        help="what is built: the tokens of a frozen ViT",
    )
    parser.add_argument("--data_dir", type=Path, required=True)
    parser.add_argument(
        "--output_dir",
        type=Path,
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


def _make_job(flags: argparse.Namespace) -> Any:
    """Gives the TokensJob; reads the checkpoint once, for its digest."""
    data_dir, output_dir = flags.data_dir.resolve(), flags.output_dir.resolve()
    if data_dir == output_dir:
        raise ValueError(
            f"--data_dir and --output_dir are both {data_dir}: the data are "
            "never written over."
        )
    if flags.batch_size < 1:
        raise ValueError(f"--batch_size is {flags.batch_size}, below 1.")
    size = flags.image_size or (64 if flags.vision_size == "tiny" else 224)
    vision = vit_config.get_config(
        flags.vision_size, image_size=size, dtype=flags.compute_dtype
    )
    # They take seconds to import, and the answers above need none of them.
    from pali_tf.training import checkpoint
    from pali_tf.visual_tokens.pipeline import TokensJob
    from pali_tf.visual_tokens.tower import LoadedTower
    from pali_tf.webli.write import VisualTokensInfo

    found = str(checkpoint.find(flags.vision_checkpoint).resolve())
    digest = LoadedTower(vision, found, flags.batch_size).digest
    return TokensJob(
        data_dir=data_dir,
        output_dir=output_dir,
        vision=vision,
        checkpoint=found,
        batch_size=flags.batch_size,
        info=VisualTokensInfo(
            vision_sha256=digest,
            image_size=size,
            length=vision.num_patches,
            width=vision.width,
            dtype=flags.dtype,
            compute_dtype=flags.compute_dtype,
            has_images=not flags.drop_images,
        ),
    )


def _find_splits(
    data_dir: Path, sources: str | None, splits: str | None
) -> list[Split]:
    """Gives the chosen (source, split)s that the data folder has."""
    if not data_dir.is_dir():
        raise FileNotFoundError(f"There is no data folder {data_dir}.")
    # TensorFlow comes in here; `--help` has long answered.
    from pali_tf.webli import read

    found = read.list_splits(data_dir)
    present = sorted({source for source, _ in found})
    wanted_sources = _names("--sources", sources, present or records.SOURCES)
    wanted_splits = _names("--splits", splits, records.SPLITS)
    chosen = [
        (source, split)
        for source, split in found
        if source in wanted_sources and split in wanted_splits
    ]
    if not chosen:
        present = ", ".join("/".join(split) for split in found) or "nothing"
        raise FileNotFoundError(
            f"{data_dir} has none of the chosen splits; it has {present}."
        )
    return chosen


def _names(flag: str, given: str | None, known: Sequence[str]) -> Sequence[str]:
    names = known if given is None else given.split(",")
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.0)[0]
            raise ValueError(
                f"{flag}: there is no {name!r}; did you mean {near!r}? "
                f"Known: {', '.join(known)}."
            )
    return names


def _is_kept(job: Any, split: Split) -> bool:
    """Whether the output holds this split already, made in the same way."""
    from pali_tf.webli import read

    source, name = split
    path = job.output_dir / source / f"{name}.info.json"
    if not path.is_file():
        return False
    found = read.read_split_info(job.output_dir, source, name).visual_tokens
    if found != job.info:
        raise ValueError(
            f"{path} is of other data ({found}, not {job.info}). Give another "
            "--output_dir, or remove that split first."
        )
    print(f"Kept {source}/{name}: it has these tokens already.")
    return True


def _copy_vocabulary(job: Any) -> None:
    """Makes the output a data folder that can be trained from."""
    from pali_tf.data import location

    path = job.output_dir / location.VOCABULARY
    if (job.data_dir / location.VOCABULARY).is_file() and not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        shutil.copyfile(job.data_dir / location.VOCABULARY, temporary)
        os.replace(temporary, path)


def _write(job: Any, splits: Sequence[Split], beam_flags: list[str]) -> None:
    from pali_tf.visual_tokens import pipeline, progress, shards
    from pali_tf.webli import atomic, read

    todo = [
        shard
        for source, split in splits
        for shard in shards.list_shards(job.data_dir, source, split)
    ]
    atomic.remove_leftovers(job.output_dir)
    started = time.monotonic()
    with progress.shown([job.output_dir / s.source / s.file for s in todo]):
        pipeline.run(job, todo, beam_flags)
    seconds = time.monotonic() - started
    for source, split in splits:
        info = read.read_split_info(job.output_dir, source, split)
        print(f"{source}/{split}: {info.num_examples:,} records")
    print(
        f"Wrote {job.info.dtype} tokens [{job.info.length}, {job.info.width}] "
        f"of the ViT {job.info.vision_sha256[:12]} to {job.output_dir} in "
        f"{seconds:.0f} s. Train from them with gin/runs/visual_tokens.gin "
        f"and --gin.NUM_VISUAL_TOKENS={job.info.length}."
    )


if __name__ == "__main__":
    raise SystemExit(run_command(main, sys.argv[1:]))
