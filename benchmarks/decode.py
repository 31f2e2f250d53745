"""`python -m benchmarks.decode`: decoding beside Hugging Face's.

Greedy and four beams, batches of 1 and 8, the same weights and inputs in the
same run; a row also tells which share of the decoded tokens is the same.
"""

import sys

import numpy as np

from benchmarks.peers import comparison

_LENGTH = 32


def same_tokens(ours: list, peer: list) -> str:
    """Gives the share of equal tokens; the peer's rows may be shorter."""
    one, other = np.asarray(ours), np.asarray(peer)
    padded = np.zeros_like(one)
    padded[:, : other.shape[1]] = other[:, : one.shape[1]]
    return f"{np.mean(one == padded):.3f} of the tokens"


def main(argv: list[str]) -> int:
    """Compares every cell."""
    flags = comparison.parse(argv, __doc__ or "")
    cells = [
        comparison.Cell(
            name=f"batch {batch}, "
            + ("greedy" if beams == 1 else f"{beams} beams"),
            arguments={
                "batch_size": batch,
                "num_beams": beams,
                "length": _LENGTH,
            },
            items=batch * _LENGTH,
        )
        for batch in (1, 8)
        for beams in (1, 4)
    ]
    comparison.compare(
        flags,
        cells,
        do="decode",
        unit="tokens",
        agreement=same_tokens,
        file="decode.json",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
