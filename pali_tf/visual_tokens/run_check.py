"""Whether stored visual tokens are what a run's own ViT would give."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from absl import logging

from pali_tf.data import visual_tokens
from pali_tf.data.data_root import DataRoot
from pali_tf.errors import UserError
from pali_tf.training.configs import DatasetConfig
from pali_tf.visual_tokens.digest import ROOT, vision_digest
from pali_tf.webli.write import VisualTokensInfo


def check_settings(
    trainer: Any, datasets: Iterable[DatasetConfig | None]
) -> Callable[[Any], None] | None:
    """Checks that a run may use stored tokens, before anything is made.

    Args:
        trainer: the Trainer.
        datasets: what it reads; None: nothing.

    Returns:
        What checks the TrainState to start from, `check_digest`; None where
        images are read.

    Raises:
        UserError: the ViT trains, or the tokens are of another size.
    """
    reading = [
        each
        for each in datasets
        if each and "visual_tokens" in each.task_feature_lengths
    ]
    if not reading:
        return None
    root = reading[0].mixture_or_task_name.root
    trained = [p for p in trainer.split.trainable if p.startswith(ROOT)]
    if trained:
        raise UserError(
            f"TRAINABLE {trainer.model.trainable!r} trains {trained[0]} and "
            f"{len(trained) - 1} more of the ViT, whose stored tokens would "
            "stay as they are. Freeze it (TRAINABLE = '(?!vision/).*'), or "
            "train on images: leave gin/runs/visual_tokens.gin out."
        )
    info = visual_tokens.stored_info(root.path)
    vision = trainer.model.config.vision
    stored = (info.image_size, info.length, info.width)
    wanted = (vision.image_size, vision.num_patches, vision.width)
    if stored != wanted:
        raise UserError(
            f"The visual tokens of {root.path} are of images of "
            f"{stored[0]} pixels, [{stored[1]}, {stored[2]}]; the run's ViT "
            f"makes [{wanted[1]}, {wanted[2]}] of {wanted[0]} pixels. Store "
            "tokens of this ViT: pali build-data --visual_tokens."
        )
    if info.compute_dtype != vision.dtype:
        logging.info(
            "The stored tokens were computed in %s, the run computes in %s: "
            "they differ by rounding.",
            info.compute_dtype,
            vision.dtype,
        )
    return functools.partial(check_digest, info, root)


def check_digest(info: VisualTokensInfo, root: DataRoot, state: Any) -> None:
    """Checks that the tokens are of the ViT that the run holds.

    Args:
        info: of the data.
        root: where they are.
        state: the TrainState to start from. All processes must call this.

    Raises:
        UserError: it is another ViT; the message has both digests.
    """
    own = vision_digest(state.frozen)
    if own != info.vision_sha256:
        raise UserError(
            f"The visual tokens of {root.path} were made by the ViT "
            f"{info.vision_sha256}; this run's is {own}. Name that ViT in "
            "INITIAL_CHECKPOINT_PATH, or store the tokens of this one: pali "
            "build-data --visual_tokens."
        )
    logging.info("The stored visual tokens are of this ViT, %s.", own[:12])
