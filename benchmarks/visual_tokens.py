"""`python -m benchmarks.visual_tokens`: what stored visual tokens are worth.

The same examples as images, as bfloat16 tokens and as int8 tokens: how fast
the input pipeline gives batches of them, how fast the train step takes them
(ViT frozen), and by how much the loss per token differs from that on images.
"""

import argparse
import dataclasses
import sys
import tempfile
from typing import Any

from etils.epath import Path

from benchmarks import results
from pali_tf import files
from pali_tf.backend import set_backend


def main(argv: list[str]) -> int:
    """Measures one size."""
    flags = _parse(argv)
    set_backend("jax")
    # After the backend is chosen: this imports keras.
    from benchmarks import stored_tokens

    size = stored_tokens.SIZES[flags.size]
    with tempfile.TemporaryDirectory() as directory:
        content = stored_tokens.measure(
            size,
            Path(directory),
            dtype=flags.dtype,
            checkpoint_path=flags.checkpoint,
            data_dir=flags.data_dir,
        )
    _print(content)
    results.write(
        flags.output_dir,
        f"visual_tokens_{flags.size}.json",
        {**dataclasses.asdict(size), "dtype": flags.dtype, **content},
    )
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("tiny", "large"), default="tiny")
    parser.add_argument(
        "--dtype",
        choices=("float32", "bfloat16"),
        default="float32",
        help="of the timed steps; losses are compared in both",
    )
    parser.add_argument(
        "--checkpoint", help="of a whole PaLI of this size; none: drawn"
    )
    parser.add_argument(
        "--data_dir",
        type=files.as_path,
        help="what that was trained on; none: a sample is generated",
    )
    results.add_flag(parser)
    return parser.parse_args(argv)


def _print(content: dict[str, Any]) -> None:
    rates, seconds = (
        content["examples_read_per_second"],
        content["step_seconds"],
    )
    print(f"\n{'':<10}{'read/s':>10}{'step':>12}{'step is':>10}")
    for kind, rate in rates.items():
        line = f"{kind:<10}{rate:>10.0f}"
        if kind in seconds:
            line += f"{seconds[kind] * 1000:>9.1f} ms"
            line += f"{seconds['images'] / seconds[kind]:>9.2f}x"
        print(line)
    print("\nloss per token, and how far a batch's is off that on images:")
    for name, kinds in content["losses"].items():
        for kind, found in kinds.items():
            print(
                f"computed in {name:<9}{kind:<10}{found['loss']:>10.6f}"
                f"{found['most_different']:>12.2e}"
            )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
