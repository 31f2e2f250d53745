"""`python -m benchmarks.forward`: the training step beside Hugging Face's.

Loss and gradient of every parameter, ViT included, forward and backward, the
same weights and inputs in the same run; a row also tells both losses.
"""

import sys

from benchmarks.peers import comparison

_LENGTH = 32


def both_losses(ours: float, peer: float) -> str:
    """Gives the two losses."""
    return f"losses {ours:.4f} {peer:.4f}"


def main(argv: list[str]) -> int:
    """Compares every cell."""
    flags = comparison.parse(argv, __doc__ or "")
    cells = [
        comparison.Cell(
            name=f"batch {batch}",
            arguments={"batch_size": batch, "length": _LENGTH},
            items=batch,
        )
        for batch in (1, 8)
    ]
    for backend in ("tensorflow", "jax"):
        print(f"\n{backend}")
        comparison.compare(
            flags,
            cells,
            do="train_step",
            unit="examples",
            agreement=both_losses,
            file=f"forward_{backend}.json",
            our_module=f"benchmarks.peers.ours_{backend}",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
