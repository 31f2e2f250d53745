"""The index of a split: where records are, and what each of them has.

`<split>.index.npz` lies beside the shards. It says at which byte every n-th
record of a shard begins, n a power of two that makes about 128 KiB, and which
records have captions, questions and the like, how many, and in which language.
So any example of any task is found without reading those before it. It is made
with the split, or from the shards when it is first needed.
"""

import collections
import dataclasses
import functools
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from pali_tf import files
from pali_tf.errors import UserError
from pali_tf.webli import read

# What tasks ask records for; lists have a language beside each entry.
_LANGUAGES = {
    "caption/text": "caption/language",
    "ocr/text": "ocr/language",
    "vqa/question": "vqa/language",
}
COUNTED = (*_LANGUAGES, "image/object/class/text", "label/text", "text")

_STEP_BYTES = 128 * 1024
_MOST_STEP = 1024

Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Holders:
    """The records that have something, and how much of it.

    Attributes:
        records: int64[M], in order; None: all records.
        counts: int64[M], each >= 1; None: 1 each.
    """

    records: np.ndarray | None
    counts: np.ndarray | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class SplitIndex:
    """Where the records of a split are.

    Attributes:
        digest: of the split's info file, which has those of its shards.
        shards: their paths.
        num_records: int64[S], of each shard.
        step: of every so many records of a shard, the offset is known.
        offsets: for each shard int64[ceil(records / step) + 1], in bytes; the
            last one is the shard's end.
        holders: by feature of COUNTED, or "caption/text:fr" for a language.
    """

    digest: str
    shards: tuple[files.Path, ...]
    num_records: np.ndarray
    step: int
    offsets: tuple[np.ndarray, ...]
    holders: Mapping[str, Holders]

    @functools.cached_property
    def ends(self) -> np.ndarray:
        """Records up to the end of each shard: int64[S]."""
        return np.cumsum(self.num_records)

    @property
    def total(self) -> int:
        """How many records there are."""
        return int(self.num_records.sum())

    @property
    def num_bytes(self) -> int:
        """How many bytes the shards have."""
        return sum(int(offsets[-1]) for offsets in self.offsets)

    def holders_of(self, feature: str, language: str | None = None) -> Holders:
        """Gives the records that have one of COUNTED, maybe in a language."""
        key = feature if language is None else f"{feature}:{language}"
        none = np.zeros(0, np.int64)
        return self.holders.get(key, Holders(none, none))


def path_of(folder: files.Path, split: str) -> files.Path:
    """Gives where the index of a split is."""
    return folder / f"{split}.index.npz"


def load(root: files.Path, source: str, split: str) -> SplitIndex:
    """Gives the index of a data root's split; makes it where there is none.

    Raises:
        FileNotFoundError: there is no such split.
        UserError: a shard is damaged, or not what the info file says.
    """
    folder = files.as_path(root) / source
    shards = read.shard_paths(root, source, split)
    info = (folder / f"{split}.info.json").read_bytes()
    digest = hashlib.sha256(info).hexdigest()
    path = path_of(folder, split)
    index = _load(tuple(map(str, shards)), digest, str(path))
    num_examples = json.loads(info)["num_examples"]
    if index.total != num_examples:
        raise UserError(
            f"{folder}: the shards of {split} have {index.total} records, but "
            f"{split}.info.json says {num_examples}. Write the split again."
        )
    return index


@functools.lru_cache(maxsize=64)
def _load(shards: tuple[str, ...], digest: str, path: str) -> SplitIndex:
    """Loads once for each version of a split."""
    paths = tuple(map(files.Path, shards))
    found = kept(files.as_path(path), digest, lambda: _build(paths))
    bounds = np.cumsum(found["num_offsets"])[:-1]
    return SplitIndex(
        digest=digest,
        shards=paths,
        num_records=found["num_records"],
        step=int(found["step"]),
        offsets=tuple(np.split(found["offsets"], bounds)),
        holders={
            name: Holders(
                found.get(f"{name}|records"), found.get(f"{name}|counts")
            )
            for name in map(str, found["names"])
        },
    )


def kept(path: files.Path, digest: str, make: Callable[[], Arrays]) -> Arrays:
    """Gives what is kept beside a split; makes it where it is not.

    Args:
        path: "train.index.npz".
        digest: of what it is made from: if it changes, it is made anew.
        make: gives it.
    """
    found = _read(path) if path.exists() else {}
    if str(found.get("digest")) == digest:
        return found
    arrays = make()
    content = io.BytesIO()
    named = {**arrays, "digest": np.array(digest)}
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, array in named.items():
            # Without the time of day: equal indexes are equal bytes.
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with file.open(entry, "w") as member:
                np.lib.format.write_array(member, np.asarray(array))
    try:
        files.write_whole(path, content.getvalue())
    except UserError as error:
        logging.warning(
            "%s cannot be kept (%s): it is made at each start. `pali index` "
            "makes it where the folder can be written.",
            path,
            error,
        )
    return arrays


def _read(path: files.Path) -> Arrays:
    """Reads what was kept; {} where it is damaged, as a copy cut short is."""
    try:
        with np.load(io.BytesIO(path.read_bytes())) as file:
            return dict(file)
    except (EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        logging.warning("%s is damaged (%s): it is made anew.", path, error)
        return {}


def _build(shards: Sequence[files.Path]) -> Arrays:
    logging.info("Making the index of %s ...", shards[0].parent)
    offsets, num_records = [], []
    counter = _Counter()
    for shard in tqdm.tqdm(shards, "Indexing", unit="shard", disable=None):
        places = []
        for place, data in read.stored_records(shard):
            counter.add(read.parse(shard, len(places), place, data))
            places.append(place)
        offsets.append(np.array([*places, shard.stat().length], np.int64))
        num_records.append(len(places))
    step = _step(sum(int(o[-1]) for o in offsets), sum(num_records))
    kept = [np.append(o[:-1][::step], o[-1]) for o in offsets]
    return {
        "num_records": np.array(num_records, np.int64),
        "step": np.array(step),
        "offsets": np.concatenate(kept),
        "num_offsets": np.array([len(o) for o in kept]),
        **counter.arrays(),
    }


def _step(num_bytes: int, num_records: int) -> int:
    most = _STEP_BYTES * num_records // max(num_bytes, 1)
    return 1 << min(max(most, 1), _MOST_STEP).bit_length() - 1


class _Counter:
    """Counts what each record has."""

    def __init__(self) -> None:
        self._total = 0
        self._found: dict[str, tuple[list[int], list[int]]] = (
            collections.defaultdict(lambda: ([], []))
        )

    def add(self, example: tf.train.Example) -> None:
        """Counts the next record's entries."""
        features = example.features.feature
        for feature in COUNTED:
            if feature not in features:
                continue
            self._add(feature, len(features[feature].bytes_list.value))
            # A list without languages is asked for as a whole alone.
            beside = _LANGUAGES.get(feature, "")
            languages = features[beside].bytes_list.value if beside else ()
            for language, count in collections.Counter(languages).items():
                self._add(f"{feature}:{language.decode()}", count)
        self._total += 1

    def _add(self, name: str, count: int) -> None:
        if count:
            records, counts = self._found[name]
            records.append(self._total)
            counts.append(count)

    def arrays(self) -> Arrays:
        """Gives all counts, without those that say nothing."""
        arrays: dict[str, np.ndarray] = {
            "names": np.array(list(self._found), np.str_)
        }
        for name, (records, counts) in self._found.items():
            if len(records) < self._total:
                arrays[f"{name}|records"] = np.array(records, np.int64)
            if set(counts) != {1}:
                arrays[f"{name}|counts"] = np.array(counts, np.int64)
        return arrays
