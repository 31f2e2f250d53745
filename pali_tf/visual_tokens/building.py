"""A data folder again, with the ViT's tokens beside its images."""

import time
from collections.abc import Iterator, Sequence

from etils.epath import Path

from pali_tf import files
from pali_tf.checkpoints import checkpoint
from pali_tf.data import data_root
from pali_tf.errors import MissingFileError, UserError, nearest
from pali_tf.models.vit.config import ViTConfig
from pali_tf.visual_tokens import pipeline, shards
from pali_tf.visual_tokens.pipeline import TokensJob
from pali_tf.visual_tokens.tower import LoadedTower
from pali_tf.webli import local_beam, read, records
from pali_tf.webli.write import VisualTokensInfo

Split = tuple[str, str]


def make_job(
    data_dir: Path,
    output_dir: Path,
    vision: ViTConfig,
    *,
    vision_checkpoint: str,
    batch_size: int,
    dtype: str,
    has_images: bool,
) -> TokensJob:
    """Describes what is built; reads the checkpoint once, for its digest.

    Args:
        data_dir: the images.
        output_dir: another data folder.
        vision: sizes of the ViT.
        vision_checkpoint: a checkpoint that holds it, or a folder of them.
        batch_size: images of a call of the ViT.
        dtype: of the stored tokens.
        has_images: whether the pixels are kept beside them.

    Raises:
        UserError: the folders are one, or there is no batch.
        MissingFileError: no checkpoint is there.
    """
    data_dir, output_dir = (
        path if files.is_bucket(path) else path.resolve()
        for path in (data_dir, output_dir)
    )
    if data_dir == output_dir:
        raise UserError(
            f"--data_dir and --output_dir are both {data_dir}: the data are "
            "never written over."
        )
    if batch_size < 1:
        raise UserError(f"--batch_size is {batch_size}, below 1.")
    found = checkpoint.find(vision_checkpoint)
    found = str(files.absolute(files.as_path(found)))
    return TokensJob(
        data_dir=data_dir,
        output_dir=output_dir,
        vision=vision,
        checkpoint=found,
        batch_size=batch_size,
        info=VisualTokensInfo(
            vision_sha256=LoadedTower(vision, found, batch_size).digest,
            image_size=vision.image_size,
            length=vision.num_patches,
            width=vision.width,
            dtype=dtype,
            compute_dtype=vision.dtype,
            has_images=has_images,
        ),
    )


def find_splits(
    data_dir: Path, sources: str | None, splits: str | None
) -> list[Split]:
    """Gives the chosen (source, split)s that the data folder has.

    Args:
        data_dir: the data folder.
        sources: comma-separated; None: all that are there.
        splits: the same.

    Raises:
        MissingFileError: there is no such folder, or nothing chosen in it.
        UserError: an unknown name; the message has the nearest.
    """
    if not data_dir.is_dir():
        raise MissingFileError(f"There is no data folder {data_dir}.")
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
        raise MissingFileError(
            f"{data_dir} has none of the chosen splits; it has {present}."
        )
    return chosen


def _names(flag: str, given: str | None, known: Sequence[str]) -> Sequence[str]:
    names = known if given is None else given.split(",")
    for name in names:
        if name not in known:
            raise UserError(
                f"{flag}: there is no {name!r}{nearest(name, known)}"
            )
    return names


def build(
    job: TokensJob, splits: Sequence[Split], beam_flags: list[str]
) -> Iterator[str]:
    """Writes the splits that are not there yet; yields what to show of it.

    Raises:
        UserError: a split is there, made in another way.
    """
    left = []
    for source, split in splits:
        if _is_kept(job, source, split):
            yield f"Kept {source}/{split}: it has these tokens already."
        else:
            left.append((source, split))
    # The output is to be a data folder that can be trained from.
    vocabulary = job.data_dir / data_root.VOCABULARY
    copy = job.output_dir / data_root.VOCABULARY
    if vocabulary.is_file() and not copy.is_file():
        files.write_whole(copy, vocabulary.read_bytes())
    if not left:
        return
    todo = [
        shard
        for source, split in left
        for shard in shards.list_shards(job.data_dir, source, split)
    ]
    files.remove_leftovers(job.output_dir)
    started = time.monotonic()
    written = [job.output_dir / s.source / s.file for s in todo]
    with local_beam.counted(written, "Writing visual tokens"):
        pipeline.run(job, todo, beam_flags)
    seconds = time.monotonic() - started
    for source, split in left:
        info = read.read_split_info(job.output_dir, source, split)
        yield f"{source}/{split}: {info.num_examples:,} records"
    yield (
        f"Wrote {job.info.dtype} tokens [{job.info.length}, {job.info.width}] "
        f"of the ViT {job.info.vision_sha256[:12]} to {job.output_dir} in "
        f"{seconds:.0f} s. Train from them with gin/runs/visual_tokens.gin "
        f"and --gin.NUM_VISUAL_TOKENS={job.info.length}."
    )


def _is_kept(job: TokensJob, source: str, split: str) -> bool:
    """Whether the output holds this split already, made in the same way."""
    path = job.output_dir / source / f"{split}.info.json"
    if not path.is_file():
        return False
    found = read.read_split_info(job.output_dir, source, split).visual_tokens
    if found != job.info:
        raise UserError(
            f"{path} is of other data ({found}, not {job.info}). Give another "
            "--output_dir, or remove that split first."
        )
    return True
