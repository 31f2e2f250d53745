"""The stored examples of a source: by number, and as SeqIO reads them."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import seqio
import tensorflow as tf

from pali_tf.data.data_root import DataRoot
from pali_tf.data.example_reader import (
    Entries,
    Examples,
    JoinedTexts,
    RecordReader,
    text_of,
)
from pali_tf.data.permutation import mix
from pali_tf.data.record_query import Parse, RecordQuery
from pali_tf.data.task_stream import Chunk, TaskStream, dataset_of
from pali_tf.errors import UserError
from pali_tf.webli import read, records, split_index

Lengths = Mapping[str, int]

# Texts whose tokens are counted at once.
_TEXTS = 1024


@dataclasses.dataclass(frozen=True)
class Joining:
    """How texts become examples of one length.

    Attributes:
        length: of the task features -> the tokens of an example.
        step: the preprocessor that does it where texts are streamed.
    """

    length: Callable[[Lengths], int]
    step: Callable[..., tf.data.Dataset]


class StoredExamples(seqio.DataSource):
    """One source's shards under the data root, parsed.

    The shards are listed by `<split>.info.json`; the data root is asked for at
    reading, so a task can be registered where there are no data. Without
    `joining`, each text is an example of its own.
    """

    def __init__(
        self,
        source: str,
        query: RecordQuery,
        root: DataRoot = DataRoot(),
        joining: Joining | None = None,
    ) -> None:
        records.check_source(source)
        self.source = source
        self.root = root
        self.joining = joining
        self._query = query
        self._known_tokens: dict[tuple[str, str, str], np.ndarray] = {}
        super().__init__(
            splits=records.SPLITS,
            caching_permitted=True,
            performs_internal_shuffling=True,
        )

    @property
    def supports_arbitrary_sharding(self) -> bool:
        """True: examples are shared out, not files."""
        return True

    def list_shards(self, split: str) -> Sequence[str]:
        """Returns the paths of the split's shards, in order."""
        paths = read.shard_paths(self.root.path, self.source, split)
        return [str(path) for path in paths]

    def num_input_examples(self, split: str) -> int:
        """Returns how many examples the split gives, texts not joined."""
        return self._entries(self._index(split)).num_examples

    def examples(self, split: str, lengths: Lengths) -> Examples:
        """Returns the split's examples by number, of these feature lengths.

        Raises:
            FileNotFoundError: there is no such split.
            UserError: there is no example.
        """
        index = self._index(split)
        if self.joining is None:
            examples = self._entries(index)
        else:
            examples = JoinedTexts(
                RecordReader(index),
                self._num_tokens(index, split),
                self.joining.length(lengths),
            )
        if examples.num_examples == 0:
            where = f"{self.root.path / self.source}, split {split}"
            of_language = (
                f" in the language {self._query.language!r}"
                if self._query.language
                else ""
            )
            raise UserError(
                f"{where}, has no example: none of its {index.total} records "
                f"has {self._query.counted or 'any text'}{of_language}. Leave "
                "the task out, or name other data."
            )
        return examples

    def parser(self, lengths: Lengths) -> Parse:
        """Returns the function from what `examples` reads to features."""
        if self.joining is None:
            return self._query.parser(lengths)
        length = self.joining.length(lengths)
        words = self.root.vocabulary()
        joined = {"text": tf.io.RaggedFeature(tf.string)}

        def cut(
            serialized: tf.Tensor, first: tf.Tensor
        ) -> dict[str, tf.Tensor]:
            texts = tf.io.parse_single_example(serialized, joined)["text"]
            tokens = words.encode_tf(texts).values
            return {"text": tokens[first : first + length]}

        return cut

    @tf.autograph.experimental.do_not_convert
    def get_dataset(
        self,
        split: str = "train",
        shuffle: bool = True,
        seed: int | None = None,
        shard_info: seqio.ShardInfo | None = None,
        *,
        sequence_length: Lengths | None = None,
        use_cached: bool = False,
        num_epochs: int | None = 1,
    ) -> tf.data.Dataset:
        """Returns one pass over the split's parsed records, for SeqIO.

        Shuffled, each iteration gives another order. The shares of one
        `num_shards` have no example in common, and all of them between them.
        Stored visual tokens are parsed where `sequence_length` has them, or is
        None. The task repeats, not the source.
        """
        del use_cached, num_epochs
        examples = self._entries(self._index(split))
        share = shard_info or seqio.ShardInfo(index=0, num_shards=1)
        epochs = itertools.count()

        def chunks() -> Iterator[Chunk]:
            stream = TaskStream(
                examples=examples,
                seed=int(mix(seed or 0, next(epochs))),
                num_lanes=share.num_shards,
            )
            if shuffle and examples.num_examples:
                with ThreadPoolExecutor(max_workers=1) as thread:
                    yield from stream.epoch(share.index, thread)
            else:
                numbers = np.arange(examples.num_examples)
                yield from stream.in_order(
                    numbers[share.index :: share.num_shards]
                )

        parse = self._query.parser(sequence_length)
        return dataset_of(chunks).map(
            lambda serialized, number, _: parse(serialized, number),
            num_parallel_calls=tf.data.AUTOTUNE,
        )

    def _index(self, split: str) -> split_index.SplitIndex:
        return split_index.load(self.root.path, self.source, split)

    def _entries(self, index: split_index.SplitIndex) -> Entries:
        return Entries(
            RecordReader(index),
            self._query.holders(index),
            is_each=self._query.each is not None,
        )

    def _num_tokens(
        self, index: split_index.SplitIndex, split: str
    ) -> np.ndarray:
        """Counts the tokens of each text, once for each vocabulary."""
        words = self.root.vocabulary_sha256
        known = self._known_tokens.get((split, index.digest, words))
        if known is not None:
            return known

        def count() -> dict[str, np.ndarray]:
            encode = self.root.vocabulary().tokenizer.encode
            counts = []
            for shard in index.shards:
                stored = (data for _, data in read.stored_records(shard))
                while some := list(itertools.islice(stored, _TEXTS)):
                    texts = [text_of(data).decode() for data in some]
                    counts += map(len, encode(texts))
            return {"num_tokens": np.array(counts, np.int64)}

        path = self.root.path / self.source / f"{split}.tokens-{words[:8]}.npz"
        found = split_index.kept(path, index.digest + words, count)[
            "num_tokens"
        ]
        self._known_tokens[split, index.digest, words] = found
        return found

    def __repr__(self) -> str:
        return f"StoredExamples({self.source!r}, {list(self._query.features)})"
