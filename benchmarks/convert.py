"""`python -m benchmarks.convert`: memory and time of converting a large mT5.

Writes a checkpoint of Hugging Face's mT5 with the true names and shapes and
random bfloat16 values, sharded, converts it in a process of its own as a user
would, compares values, and removes both. mT5-XXL takes 52 GB of disk.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import ml_dtypes
import numpy as np

from pali_tf.backend import set_backend
from pali_tf.conversion.array_parts import Shape, region_shape, split
from pali_tf.conversion.formats import FORMATS, open_source
from pali_tf.conversion.mt5_hugging_face import HUGGING_FACE
from pali_tf.conversion.problems import Allowed
from pali_tf.conversion.reading import PIECE_BYTES, find_parameters
from pali_tf.conversion.tensor import Tensor
from pali_tf.conversion.transform import Sizes
from pali_tf.models.mt5 import config as mt5_config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.vit import config as vit_config

_DTYPE = np.dtype(ml_dtypes.bfloat16)
_KIBIBYTE = 1024
_MAX_COMPARED = 1 << 20


def parameter_shapes(size: str) -> dict[str, Shape]:
    """Shapes of the language part, from the model itself."""
    set_backend("jax")  # Before this imports keras.
    from pali_tf.training.model import PaliTrainingModel

    config = PaliConfig(
        vision=vit_config.get_config("tiny", image_size=64),
        language=mt5_config.get_config(size),
    )
    return {
        path: spec.shape
        for path, spec in PaliTrainingModel(
            config=config
        ).functional.specs.items()
        if not path.startswith(("vision/", "connector/"))
    }


def random_tensor(shape: Shape, seed: int) -> Tensor:
    """Values of both signs and all mantissas, around 0.01."""
    regions = list(split(shape, 0, PIECE_BYTES // _DTYPE.itemsize))

    def pieces():
        rng = np.random.default_rng(seed)
        for region in regions:
            count = int(np.prod(region_shape(region)))
            words = rng.integers(0, 1 << 64, -(-count // 4), dtype=np.uint64)
            bits = words.view(np.uint16)[:count] & 0x80FF | 0x3C00
            yield region, bits.view(_DTYPE).reshape(region_shape(region))

    return Tensor(shape, _DTYPE, region_shape(regions[0]), pieces)


def write_source(folder: pathlib.Path, shapes: dict[str, Shape]) -> int:
    """Writes the checkpoint of Hugging Face; gives its bytes."""
    tensors = {}
    for seed, (path, shape) in enumerate(shapes.items()):
        link = HUGGING_FACE.from_ours(path)
        if link is None:
            raise ValueError(f"{path} has no name in transformers.")
        theirs = link.rule.transform.theirs_shape(shape, Sizes())
        tensors[link.theirs] = random_tensor(theirs, seed)
    FORMATS["hf-mt5"].container.write(folder, tensors, {})
    return sum(tensor.num_bytes for tensor in tensors.values())


def run_conversion(arguments: list[str]) -> tuple[float, int]:
    """Runs `pali convert`; gives seconds and peak resident bytes."""
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "pali_tf.cli", "convert", *arguments],
        stdout=subprocess.DEVNULL,
    )
    # ru_maxrss counts mapped file pages as well; it is VmHWM.
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"pali convert ended with status {status}.")
    return time.monotonic() - begin, usage.ru_maxrss * _KIBIBYTE


def count_different(source: pathlib.Path, target: pathlib.Path) -> int:
    """Compares the first rows of every parameter; gives how many differ."""
    read = [
        find_parameters(opened, name_map)
        for _, opened, name_map in (
            open_source(path, None, Allowed()) for path in (source, target)
        )
    ]
    different = 0
    for path, shape in read[0].shapes.items():
        region = next(split(shape, 0, _MAX_COMPARED))
        one, other = (
            np.asarray(parameters.read(path, region)[: region[0].stop])
            for parameters in read
        )
        different += not np.array_equal(one, other.astype(one.dtype))
    return different


def main(argv: list[str]) -> int:
    """Measures one conversion."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="xxl", choices=mt5_config.SIZES)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"))
    parser.add_argument("--target_format", default="pali")
    parser.add_argument("--folder", help="where the disk has room")
    flags = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=flags.folder) as name:
        source = pathlib.Path(name) / "source"
        target = pathlib.Path(name) / "target"
        begin = time.monotonic()
        num_bytes = write_source(source, parameter_shapes(flags.size))
        print(
            f"wrote {num_bytes / 1e9:.2f} GB in {time.monotonic() - begin:.0f}"
            f" s: {len(list(source.glob('*.safetensors')))} shards",
            flush=True,
        )
        arguments = [str(source), str(target)]
        arguments += ["--target_format", flags.target_format]
        if flags.dtype:
            arguments += ["--dtype", flags.dtype]
        seconds, peak = run_conversion(arguments)
        result = {
            "size": flags.size,
            "source_gb": num_bytes / 1e9,
            "dtype": flags.dtype or "bfloat16",
            "target_format": flags.target_format,
            "seconds": seconds,
            "mb_per_second": num_bytes / seconds / 1e6,
            "peak_gib": peak / 2**30,
            "parameters_that_differ": count_different(source, target),
        }
    print(json.dumps(result, indent=1))
    return int(result["parameters_that_differ"] > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
