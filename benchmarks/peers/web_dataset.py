"""The peer: webdataset's loader, with Pillow as its decoder."""

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import webdataset
from PIL import Image

from benchmarks.peers.worker import Loader, serve

_BATCH_SIZE = 32
_SHUFFLE_RECORDS = 400


def batches(data_dir: pathlib.Path, side: int) -> Iterator[int]:
    """Reads, shuffles, decodes, resizes and batches; text stays text."""
    shards = sorted(str(path) for path in (data_dir / "tar").glob("*.tar"))

    def resize(image: Image.Image) -> np.ndarray:
        # As ours: bilinear, with antialiasing.
        size = (side, side)
        return np.asarray(image.resize(size, Image.Resampling.BILINEAR))

    dataset = (
        webdataset.WebDataset(shards, shardshuffle=False)
        .shuffle(_SHUFFLE_RECORDS)
        .decode("pilrgb")
        .to_tuple("jpg", "txt")
        .map_tuple(resize)
        .batched(_BATCH_SIZE)
        .repeat()
    )
    for images, _ in dataset:
        yield len(images)


class WebDataset(Loader):
    """What the benchmark asks for."""

    def load(self, name: str, data_dir: str, side: int) -> dict[str, Any]:
        """Prepares it."""
        del name
        self.batches = batches(pathlib.Path(data_dir), side)
        return {"webdataset": webdataset.__version__}


if __name__ == "__main__":
    serve(WebDataset())
