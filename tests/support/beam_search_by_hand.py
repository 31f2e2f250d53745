"""Beam search over lists of Python, each prefix decoded from its start."""

import numpy as np

from tests.support.tiny_decoding import EOS, log_probs, repeat_row

Hypothesis = tuple[float, list[int]]


def penalty(alpha: float, length: int) -> float:
    return ((5 + length) / 6) ** alpha


def search(
    batch: dict,
    row: int,
    *,
    num_beams: int,
    alpha: float,
    length: int,
    num_pieces: int,
) -> tuple[list[Hypothesis], list[Hypothesis]]:
    """Follows T5X's search to the last position, without stopping early.

    Returns:
        The finished hypotheses, by rank, and the live ones, by score; each a
        pair (log-probability, tokens).
    """
    examples = repeat_row(batch, row, num_beams)
    live: list[Hypothesis] = [(0.0, [])]
    finished: list[Hypothesis] = []
    for position in range(length):
        prefixes = np.zeros((num_beams, length), np.int32)
        for i, (_, ids) in enumerate(live):
            prefixes[i, : len(ids)] = ids
        after = log_probs(examples, prefixes)[:, position]
        extended = [
            (score + float(after[i, token]), [*ids, token])
            for i, (score, ids) in enumerate(live)
            for token in range(1, num_pieces)
        ]
        extended = sorted(extended, reverse=True)[: 2 * num_beams]
        finished += [(s, ids) for s, ids in extended if ids[-1] == EOS]
        finished.sort(key=lambda h: -h[0] / penalty(alpha, len(h[1])))
        finished = finished[:num_beams]
        live = [(s, ids) for s, ids in extended if ids[-1] != EOS][:num_beams]
    return finished, live


def everything(
    batch: dict, row: int, *, length: int, num_pieces: int
) -> tuple[list[Hypothesis], list[Hypothesis]]:
    """Scores every sequence there is: those that end, and those that do not."""
    ended: list[list[int]] = []
    live: list[list[int]] = [[]]
    for _ in range(length):
        ended += [[*ids, EOS] for ids in live]
        live = [[*ids, t] for ids in live for t in range(2, num_pieces)]
    tokens = np.zeros((len(ended) + len(live), length), np.int32)
    for i, ids in enumerate(ended + live):
        tokens[i, : len(ids)] = ids
    after = log_probs(repeat_row(batch, row, len(tokens)), tokens)
    picked = np.take_along_axis(after, tokens[..., None], axis=-1)[..., 0]
    scores = np.where(tokens > 0, picked, 0).sum(-1).tolist()
    pairs = list(zip(scores, ended + live, strict=True))
    return pairs[: len(ended)], sorted(pairs[len(ended) :], reverse=True)
