"""A log that grows on a disk and in a bucket alike."""

import io
import time
from typing import IO, Any

from etils.epath import Path

from pali_tf import files

# How often a growing file goes to its bucket: GCS takes one write of an object
# a second, and each is of all that was written before.
_SECONDS = 30.0


class GrowingFile:
    """A file to which a run appends while others read it: a log.

    On a disk, what was written before `flush` can be read after it. In a
    bucket, where nothing is appended, the content is kept in memory and written
    whole: by `flush` at most every 30 seconds, by `sync` and `close` always.

    Args:
        path: its folder is made if need be; what it holds stays.
    """

    def __init__(self, path: Path):
        self.path = path
        self._memory: io.BytesIO | None = None
        self._next_seconds = 0.0
        self._is_changed = False
        if files.is_bucket(path):
            self._memory = io.BytesIO()
            if path.exists():
                self._memory.write(path.read_bytes())
            self._file: IO[bytes] = self._memory
        else:
            files.make_folder(path.parent)
            self._file = open(path, "ab")

    def write(self, content: bytes) -> int:
        """Appends; gives the number of bytes."""
        self._is_changed = True
        return self._file.write(content)

    def flush(self) -> None:
        """Makes what was written readable, in a bucket if it is time to."""
        if self._memory is None or time.monotonic() >= self._next_seconds:
            self.sync()

    def sync(self) -> None:
        """Makes what was written readable."""
        self._file.flush()
        if self._memory is not None and self._is_changed:
            files.write_whole(self.path, self._memory.getvalue())
            self._next_seconds = time.monotonic() + _SECONDS
        self._is_changed = False

    def close(self) -> None:
        """Writes what is left. May be called again."""
        if not self._file.closed:
            self.sync()
            self._file.close()

    def __enter__(self) -> "GrowingFile":
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()
