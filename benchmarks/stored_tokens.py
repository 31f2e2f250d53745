"""Stored visual tokens against images: reading, the train step, the loss."""

import dataclasses
import io
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from etils.epath import Path
from PIL import Image

from benchmarks import photographs
from pali_tf.checkpoints import checkpoint, initial_parameters
from pali_tf.commands import build_data
from pali_tf.data import token_storage
from pali_tf.models.functional import flatten, unflatten
from pali_tf.models.mt5 import config as mt5_config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.vit import config as vit_config
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.optimizer import Adafactor
from pali_tf.training.trainer import Trainer
from pali_tf.webli import read

_TASK, _SOURCE = "webli_split_captioning", "webli"
_SPLIT = photographs.SPLIT
_TRAINABLE = "(?!vision/).*"
KINDS = ("images", *token_storage.DTYPES)
_WARM_UP_BATCHES = 10  # More than the pipeline makes ahead.
_ROUNDS = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Size:
    """A model, and the data that it is measured on.

    Attributes:
        image_size: side of the ViT's image, in pixels.
        photo_size: side of the JPEG files, in pixels.
        calls: of the step, of each kind.
        seconds: of reading, of each kind.
        loss_batches: over which losses are compared.
    """

    vision: str
    language: str
    image_size: int
    photo_size: int
    batch_size: int
    num_images: int
    calls: int
    seconds: float
    loss_batches: int


SIZES = {
    "tiny": Size(
        vision="tiny",
        language="tiny",
        image_size=64,
        photo_size=64,
        batch_size=32,
        num_images=256,
        calls=20,
        seconds=5.0,
        loss_batches=4,
    ),
    "large": Size(
        vision="L/16",
        language="small",
        image_size=224,
        photo_size=512,
        batch_size=4,
        num_images=16,
        calls=3,
        seconds=5.0,
        loss_batches=2,
    ),
}


def make_model(size: Size, dtype: str) -> PaliTrainingModel:
    """Makes the model in one precision."""
    # Large towers are scanned: one block of each is compiled.
    shared = {"dtype": dtype, "scan_layers": size.vision != "tiny"}
    config = PaliConfig(
        vision=vit_config.get_config(
            size.vision, image_size=size.image_size, **shared
        ),
        language=mt5_config.get_config(size.language, **shared),
    )
    return PaliTrainingModel(
        config=config, optimizer_def=Adafactor(), trainable=_TRAINABLE
    )


def make_parameters(model: PaliTrainingModel, path: str | None) -> Any:
    """Draws parameters, or reads those of a whole PaLI: float32, flat."""
    if path is None:
        return flatten(jax.jit(model.init)(jax.random.key(0)))
    found = str(checkpoint.find(path))
    return initial_parameters.load_fitted(found, model.functional.specs, {})


def store_tokens(
    size: Size, data_dir: Path, root: Path, vision: Any
) -> dict[str, Path]:
    """Stores tokens of both dtypes by the command; gives their folders."""
    path = checkpoint.save_parameters(root / "vision", 0, vision)
    folders = {"images": data_dir}
    for dtype in token_storage.DTYPES:
        folders[dtype] = root / dtype
        build_data.main(
            [
                "--visual_tokens",
                f"--data_dir={data_dir}",
                f"--output_dir={folders[dtype]}",
                f"--vision_checkpoint={path}",
                f"--vision_size={size.vision}",
                f"--image_size={size.image_size}",
                f"--batch_size={size.batch_size}",
                f"--sources={_SOURCE}",
                f"--splits={_SPLIT}",
                f"--dtype={dtype}",
            ]
        )
    return folders


def make_data(size: Size, root: Path) -> Path:
    """Generates a sample, its pictures enlarged to the size of photos."""
    from pali_tf.commands import sample_data

    made, enlarged = root / "sample", root / "enlarged"
    sample_data.main(
        [
            f"--output_dir={made}",
            f"--num_images={size.num_images}",
            "--num_validation=8",
            "--num_test=8",
        ]
    )
    vocabulary = enlarged / "vocabulary" / "sentencepiece.model"
    vocabulary.parent.mkdir(parents=True)
    vocabulary.write_bytes((made / "vocabulary" / vocabulary.name).read_bytes())
    rows = read.read_split(made, _SOURCE, _SPLIT)
    photographs.write_source(
        enlarged / _SOURCE, [_enlarged(row, size.photo_size) for row in rows]
    )
    return enlarged


def _enlarged(record: Any, side: int) -> Any:
    image = record.image
    if side != image.width:
        file = io.BytesIO()
        picture = Image.open(io.BytesIO(image.encoded))
        picture.resize((side, side)).save(file, "JPEG", quality=90)
        image = dataclasses.replace(
            image, encoded=file.getvalue(), height=side, width=side
        )
    return dataclasses.replace(record, image=image)


def batches(
    size: Size, data_dir: Path, num_tokens: int | None
) -> Iterator[dict[str, np.ndarray]]:
    """Gives the batches of a run on one kind of data."""
    from pali_tf import runtime
    from pali_tf.data import input_pipeline

    lengths = {"inputs": 40, "targets": 24, "images": size.image_size}
    if num_tokens is not None:
        lengths["visual_tokens"] = num_tokens
    return input_pipeline.train_batches(
        runtime.mixture(_TASK, str(data_dir)),
        input_pipeline.Reading(
            feature_lengths=lengths, batch_size=size.batch_size, seed=0
        ),
    )


def reading_rates(
    size: Size, streams: dict[str, Iterator[Any]]
) -> dict[str, float]:
    """Gives examples a second of the input pipeline alone, the median."""
    rates: dict[str, list[float]] = {kind: [] for kind in streams}
    # In turn, so that all kinds meet the same load.
    for _ in range(_ROUNDS):
        for kind, stream in streams.items():
            # What was made ahead while others were measured does not count.
            for _ in range(_WARM_UP_BATCHES):
                next(stream)
            count, begin = 0, time.perf_counter()
            while time.perf_counter() - begin < size.seconds:
                next(stream)
                count += 1
            seconds = time.perf_counter() - begin
            rates[kind].append(count * size.batch_size / seconds)
    return {kind: statistics.median(found) for kind, found in rates.items()}


def step_seconds(
    model: PaliTrainingModel, made: dict[str, Any], calls: int
) -> dict[str, float]:
    """Gives the median time of the train step on resident batches."""
    trainer = Trainer(
        model=model,
        partitioner=PjitPartitioner(),
        num_tasks=8,
        random_seed=0,
        learning_rate_fn=lambda step: 0.001,
    )
    state = trainer.init_state()
    placed = {kind: trainer.place(batch) for kind, batch in made.items()}
    steps = {
        kind: trainer.compile_train_step(batch)
        for kind, batch in placed.items()
    }
    times: dict[str, list[float]] = {kind: [] for kind in made}
    # In turn, so that all kinds meet the same load; the first warms up.
    for call in range(1 + calls):
        for kind, step in steps.items():
            begin = time.perf_counter()
            state = step(state, placed[kind])
            jax.block_until_ready(state)
            if call:
                times[kind].append(time.perf_counter() - begin)
    return {kind: statistics.median(found) for kind, found in times.items()}


def loss_differences(
    model: PaliTrainingModel,
    flat: dict[str, jax.Array],
    made: list[dict[str, np.ndarray]],
) -> dict[str, dict[str, float]]:
    """Compares the loss per token on images and on their stored tokens."""
    params = unflatten(
        {
            path: x.astype(model.frozen_dtype) if "vision/" in path else x
            for path, x in flat.items()
        }
    )
    encode = jax.jit(
        lambda params, images: model.functional.call(
            lambda pali, x: pali.encode_image(x), params, images
        )
    )
    loss: Callable[..., Any] = jax.jit(model.eval_fn)
    losses: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for batch in made:
        tokens = np.asarray(encode(params, batch["images"]))
        for kind in KINDS:
            given = dict(batch)
            if kind != "images":
                del given["images"]
                given["visual_tokens"] = np.stack(
                    [
                        token_storage.unpack(token_storage.pack(x, kind))
                        for x in tokens
                    ]
                )
            examples = loss(params, given)[1]
            total = float(examples.cross_entropy.sum())
            losses[kind].append(total / float(examples.num_tokens.sum()))
    on_images = np.array(losses["images"])
    return {
        kind: {
            "loss": float(np.mean(found)),
            "most_different": float(np.abs(np.array(found) - on_images).max()),
        }
        for kind, found in losses.items()
    }


def measure(
    size: Size,
    root: Path,
    *,
    dtype: str,
    checkpoint_path: str | None,
    data_dir: Path | None,
) -> dict[str, Any]:
    """Measures one size.

    `root` is an empty folder; without `data_dir`, a sample is generated. Losses
    are compared in both dtypes; `dtype` is that of the timed steps.
    """
    models = {name: make_model(size, name) for name in ("float32", "bfloat16")}
    model = models[dtype]
    flat = make_parameters(model, checkpoint_path)
    vision = {k: v for k, v in flat.items() if k.startswith("vision/")}
    data_dir = data_dir or make_data(size, root)
    folders = store_tokens(size, data_dir, root, unflatten(vision))
    num_tokens = model.config.vision.num_patches
    streams, first = {}, {}
    for kind, folder in folders.items():
        stream = batches(size, folder, None if kind == "images" else num_tokens)
        first[kind] = [next(stream) for _ in range(size.loss_batches)]
        streams[kind] = stream
    rates = reading_rates(size, streams)
    del streams
    losses = {
        name: loss_differences(each, flat, first["images"])
        for name, each in models.items()
    }
    del flat, vision
    # Of either dtype the device is given bfloat16: one step serves both.
    made = {kind: first[kind][0] for kind in ("images", "bfloat16")}
    return {
        "examples_read_per_second": rates,
        "step_seconds": step_seconds(model, made, size.calls),
        "losses": losses,
    }
