"""One ordered pass over the examples of a task, in batches of one shape.

Of several processes that share an evaluation, each reads its own rows of the
pixels, and all learn the texts of all.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import seqio

from pali_tf.data import diagnosis, input_pipeline
from pali_tf.data.feature_converter import PaliFeatureConverter

Batch = dict[str, np.ndarray]
Fields = dict[str, Any]

# An example has one of them.
_PICTURES = ("images", "visual_tokens")


@dataclasses.dataclass(frozen=True)
class Share:
    """What a process reads of each batch.

    Attributes:
        rows: its rows, in order; None: all.
        gather: a value of this process -> those of all of them, in order.
    """

    rows: Sequence[int] | None = None
    gather: Callable[[Any], list[Any]] = lambda value: [value]


class EvalExamples:
    """The examples of a task that are evaluated.

    Args:
        task: any of SeqIO's whose features are PaliFeatureConverter's.
        feature_lengths: "inputs", "targets" and "images", or "visual_tokens".
        split: "test".
        batch_size: B.
        seed: of what the task draws at random.
        limit: only the first so many; None: all.
        share: which rows this process reads.
        fill_up: whether the last batch is filled up to B rows, with the last
            example; else it has the rows that are left.

    Attributes:
        total: how many there are; None: not known before they are read, where
            the task is not of stored examples.
    """

    def __init__(
        self,
        task: seqio.Task,
        *,
        feature_lengths: Mapping[str, int],
        split: str,
        batch_size: int,
        seed: int = 0,
        limit: int | None = None,
        share: Share = Share(),
        fill_up: bool = True,
    ) -> None:
        self.total = input_pipeline.num_eval_examples(
            task, feature_lengths, split
        )
        if self.total is not None and limit is not None:
            self.total = min(self.total, limit)
        if share.rows is not None and not fill_up:
            raise ValueError(
                "The last batch of shared rows is filled up: each process "
                "must have as many."
            )
        self._task = task
        self._lengths = feature_lengths
        self._split, self._seed, self._limit = split, seed, limit
        self._batch_size, self._fill_up = batch_size, fill_up
        rows = range(batch_size) if share.rows is None else share.rows
        self._rows, self._gather = np.asarray(rows), share.gather

    def batches(
        self, image_shift: int = 0
    ) -> Iterator[tuple[Batch, list[Fields]]]:
        """Yields (model features of this process' rows, fields of all rows).

        Args:
            image_shift: each example gets the image of the one so many after
                it, beyond the last from the first on.

        Yields:
            Fields of the real examples alone: without pixels, what the task
            kept of each beside its model features.
        """
        if self.total is None:
            yield from self._streamed(image_shift)
            return
        places = np.arange(0, self.total, self._batch_size)[:, None]
        places = (places + self._rows).ravel()
        if not self._fill_up:
            places = places[places < self.total]
        numbers = np.minimum(places, self.total - 1)
        pairs = self._examples(numbers)
        if image_shift:
            shifted = (numbers + image_shift) % self.total
            pairs = _with_images_of(pairs, self._examples(shifted))
        for first in range(0, len(places), len(self._rows)):
            own = places[first : first + len(self._rows)].tolist()
            rows = [next(pairs) for _ in own]
            told = {
                place: fields
                for place, (_, fields) in zip(own, rows, strict=True)
                if place < self.total
            }
            everyone: dict[int, Fields] = {}
            for known in self._gather(told):
                everyone |= known
            yield _stack(rows), [everyone[n] for n in sorted(everyone)]

    def _streamed(
        self, image_shift: int
    ) -> Iterator[tuple[Batch, list[Fields]]]:
        """Reads everything in every process."""
        pairs = self._examples(None)
        if image_shift:
            images = list(self._examples(None))
            turned = images[image_shift:] + images[:image_shift]
            pairs = _with_images_of(pairs, iter(turned))
        while rows := list(itertools.islice(pairs, self._batch_size)):
            fields = [fields for _, fields in rows]
            if self._fill_up:
                rows += rows[-1:] * (self._batch_size - len(rows))
                rows = [rows[n] for n in self._rows]
            yield _stack(rows), fields

    def _examples(
        self, numbers: np.ndarray | None
    ) -> Iterator[tuple[Batch, Fields]]:
        dataset = input_pipeline.eval_dataset(
            self._task,
            feature_lengths=self._lengths,
            split=self._split,
            seed=self._seed,
            numbers=numbers,
        )
        if numbers is None and self._limit is not None:
            dataset = dataset.take(self._limit)
        converter = PaliFeatureConverter()
        for example in diagnosis.explained(
            dataset.map(lambda x: (converter.convert(x, self._lengths), x)),
            [self._task],
            self._split,
            self._lengths,
        ):
            features, kept = example
            yield (
                features,
                {k: v for k, v in kept.items() if k not in _PICTURES},
            )


def _with_images_of(
    examples: Iterator[tuple[Batch, Fields]],
    others: Iterator[tuple[Batch, Fields]],
) -> Iterator[tuple[Batch, Fields]]:
    for (features, fields), (other, _) in zip(examples, others, strict=True):
        images = {name: other[name] for name in _PICTURES if name in other}
        yield {**features, **images}, fields


def _stack(rows: list[tuple[Batch, Fields]]) -> Batch:
    return {
        name: np.stack([features[name] for features, _ in rows])
        for name in rows[0][0]
    }
