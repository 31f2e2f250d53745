"""The stages of a demo: what each says, and the command it runs.

Each is a process of its own, the command a user would type: Keras has one
backend a process, and what a stage took is given back when it ends.
"""

import dataclasses
import pathlib

from pali_tf.sample_world.demo.plan import Plan

_GIN_FILE = "gin/pali_tiny.gin"


class Folders:
    """Where a run leaves what, below one folder.

    Attributes:
        data: the generated shards and the vocabulary.
        vision: the ViT's own pre-training.
        model: PaLI's MODEL_DIR.
        export: the base path of the SavedModel.
        logs: what each stage printed.
        answers: what came back over gRPC.
        metrics: the scores of the eight tasks.
        report: the page.
    """

    def __init__(self, root: pathlib.Path):
        self.data = root / "data"
        self.vision = root / "vision"
        self.model = root / "model"
        self.export = root / "export"
        self.logs = root / "logs"
        self.answers = root / "answers.json"
        self.metrics = root / "metrics.json"
        self.report = root / "report.html"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of the demo.

    Attributes:
        name: of the command of `pali`, and of the log.
        account: what it does, in plain words.
        arguments: of the command.
    """

    name: str
    account: str
    arguments: tuple[str, ...]


def make_stages(plan: Plan, folders: Folders) -> list[Stage]:
    """Gives the stages from nothing to an exported model, in order."""
    return [
        _sample_data(plan, folders),
        _pretrain_vision(plan, folders),
        _train(plan, folders),
        _evaluate(plan, folders),
        _export(plan, folders),
    ]


def _sample_data(plan: Plan, folders: Folders) -> Stage:
    return Stage(
        name="sample-data",
        account=(
            f"Draws {plan.num_images:,} scenes of the {plan.level} world with "
            "their captions, questions, boxes and printed words in twelve "
            "languages, and trains a SentencePiece vocabulary on that text."
        ),
        arguments=(
            f"--output_dir={folders.data}",
            f"--num_images={plan.num_images}",
            f"--level={plan.level}",
            f"--seed={plan.seed}",
        ),
    )


def _pretrain_vision(plan: Plan, folders: Folders) -> Stage:
    return Stage(
        name="pretrain-vision",
        account=(
            "Teaches a small ViT what is in an image and where; its two "
            "cool-downs are averaged. From here on it is frozen."
        ),
        arguments=(
            f"--data_dir={folders.data}",
            f"--output_dir={folders.vision}",
            f"--image_size={plan.image_size}",
            f"--num_steps={plan.vision_steps}",
            f"--seed={plan.seed}",
        ),
    )


def _train(plan: Plan, folders: Folders) -> Stage:
    vision = folders.vision / f"checkpoint_{plan.vision_steps}"
    return Stage(
        name="train",
        account=(
            "Trains the multilingual encoder-decoder on all eight objectives "
            "at once, over the frozen ViT's tokens."
        ),
        arguments=(
            f"--gin_file={_GIN_FILE}",
            *_macros(plan, folders),
            f"--gin.TRAIN_STEPS={plan.train_steps}",
            f'--gin.INITIAL_CHECKPOINT_PATH="{vision}"',
            f'--gin.MODEL_DIR="{folders.model}"',
        ),
    )


def _evaluate(plan: Plan, folders: Folders) -> Stage:
    return Stage(
        name="eval",
        account=(
            "Answers the test split, whose combinations of colour, shape and "
            "place were never seen, once with each example's own image and "
            "once with another's (the blind control)."
        ),
        arguments=(
            f"--gin_file={_GIN_FILE}",
            "--gin_file=gin/runs/eval.gin",
            *_macros(plan, folders),
            f'--gin.CHECKPOINT_PATH="{folders.model}"',
            f'--gin.EVAL_OUTPUT_DIR="{folders.model}"',
            f"--gin.NUM_EXAMPLES={plan.num_test_examples}",
        ),
    )


def _export(plan: Plan, folders: Folders) -> Stage:
    return Stage(
        name="export",
        account=(
            "Writes a SavedModel of plain TensorFlow operations, from JPEG "
            "bytes and a prompt to text, with its warm-up requests."
        ),
        arguments=(
            f"--gin_file={_GIN_FILE}",
            "--gin_file=gin/runs/export.gin",
            *_macros(plan, folders),
            f'--gin.CHECKPOINT_PATH="{folders.model}"',
            f'--gin.EXPORT_DIR="{folders.export}"',
        ),
    )


def _macros(plan: Plan, folders: Folders) -> tuple[str, ...]:
    lengths = {
        "inputs": plan.input_length,
        "targets": plan.target_length,
        "images": plan.image_size,
    }
    return (
        f'--gin.DATA_DIR="{folders.data}"',
        f"--gin.IMAGE_SIZE={plan.image_size}",
        f"--gin.RANDOM_SEED={plan.seed}",
        f"--gin.TASK_FEATURE_LENGTHS={lengths}",
    )
