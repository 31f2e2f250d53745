"""stand-in"""
import os
from etils import epath
def write_whole(path, content: bytes) -> None:
    path = epath.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    t = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    t.write_bytes(content)
    t.replace(path)
def read_range(path, offset: int, size: int) -> bytes:
    with epath.Path(path).open("rb") as f:
        f.seek(offset)
        return f.read(size)
