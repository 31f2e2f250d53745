"""How many shards are written, on standard error, while others are."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import tqdm

_SECONDS = 0.5


@contextlib.contextmanager
def shown(paths: Sequence[Path]) -> Iterator[None]:
    """Shows how many of the files were written since the block began.

    Args:
        paths: files that take their names when they are whole, whichever
            process or machine writes them.
    """
    started = time.time()
    done = threading.Event()

    def count() -> int:
        return sum(
            path.is_file() and path.stat().st_mtime >= started for path in paths
        )

    with tqdm.tqdm(
        total=len(paths), unit="shard", desc="Writing visual tokens"
    ) as bar:

        def watch() -> None:
            is_last = False
            while not is_last:
                is_last = done.wait(_SECONDS)
                if (new := count() - bar.n) > 0:
                    bar.update(new)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
