"""Files on a disk and in a bucket alike: a plain path, `gs://` or `s3://`.

A path is etils' `epath.Path`. Of its methods, these mean the
same everywhere: `/`, `name`, `parent`, `with_name`, `exists`, `is_dir`,
`is_file`, `glob` without `**`, `read_bytes`, `read_text`,
`open("rb")`, `stat().length`, `unlink(missing_ok=True)` and
`rmtree(missing_ok=True)`. The others do not, and have their place here: a
bucket has no folders, no rename and no append, and what is written to it is
there whole or not at all.

`pathlib.Path` takes a slash from "gs://": never wrap a path in it.
"""

import contextlib
import hashlib
import importlib.util
import io
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import fsspec
import fsspec.config
from etils.epath import Path

from pali_tf.errors import MissingFileError, UserError, told

# The scheme of a bucket, and the library that reads and writes it.
_LIBRARIES = {"gs": "gcsfs", "s3": "s3fs"}
_PREFIXES = tuple(f"{scheme}://" for scheme in _LIBRARIES)
# Of a read or a write of a large file.
_BLOCK_BYTES = 8 << 20

# epath would take TensorFlow for buckets where that is installed: it knows no
# s3://, and its import takes seconds.
os.environ.setdefault("EPATH_USE_TF", "0")
for _scheme in _LIBRARIES:
    # What other processes write would never be seen.
    fsspec.config.conf.setdefault(_scheme, {}).setdefault(
        "use_listings_cache", False
    )


def as_path(text: str | os.PathLike[str]) -> Path:
    """Makes a path of what a user wrote.

    Example: as_path("gs://bucket/webli") / "coco".

    Raises:
        UserError: no storage has such a path, or its library is missing.
    """
    text = os.fspath(text)
    scheme, mark, _ = text.partition(":/")
    if mark and text.startswith(f"{scheme}://"):
        if scheme not in _LIBRARIES:
            raise UserError(
                f"{text} is on no storage that is known: a path is on a disk, "
                f"or begins with {' or '.join(_PREFIXES)}"
            )
        if text.startswith(f"{scheme}:///") or text == f"{scheme}://":
            # Such as of "s3://$BUCKET/x" where no variable has that name.
            raise UserError(f"{text} names no bucket: {scheme}://BUCKET/...")
        library = _LIBRARIES[scheme]
        if importlib.util.find_spec(library) is None:
            raise UserError(
                f"{text} needs {library}, which is not installed: "
                "pip install 'pali_tf[storage]'"
            )
    elif mark and scheme in _LIBRARIES:
        raise UserError(f"{text} lacks a slash: {scheme}://...")
    return Path(text)


def is_bucket(path: str | os.PathLike[str]) -> bool:
    """Tells whether a path is in a bucket."""
    return os.fspath(path).startswith(_PREFIXES)


def absolute(path: Path) -> Path:
    """Makes a path independent of the working directory."""
    return path if is_bucket(path) else path.absolute()


@told()
def make_folder(path: Path) -> None:
    """Makes a folder if need be; a bucket has a file's folder with the file."""
    if not is_bucket(path):
        path.mkdir(parents=True, exist_ok=True)


@told()
def write_whole(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Writes a file that is there with all its content or not at all.

    Args:
        path: its folder is made if need be; what it holds is replaced.
        content: text is written as UTF-8.
    """
    target = as_path(path)
    if isinstance(content, str):
        content = content.encode()
    if is_bucket(target):
        system, name = _in_bucket(target)
        system.pipe_file(name, content)
    else:
        with open_whole(target) as file:
            file.write(content)


@contextlib.contextmanager
def open_whole(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Opens a file that is there once the block ends well, as `write_whole`.

    Args:
        path: its folder is made if need be; what it holds is replaced.
    """
    target = as_path(path)
    if is_bucket(target):
        system, name = _in_bucket(target)
        file = system.open(
            name, "wb", autocommit=False, block_size=_BLOCK_BYTES
        )
        try:
            yield file
        except BaseException:
            file.close()
            file.discard()
            raise
        file.close()
        file.commit()
        return
    make_folder(target.parent)
    temporary = temporary_path(target)
    try:
        with told(target):
            with open(temporary, "wb") as file:
                yield file
            os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_path(path: Path) -> Path:
    """Gives where this process writes before a file takes its name."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def remove_leftovers(folder: str | os.PathLike[str], name: str = "") -> None:
    """Removes what killed processes were writing; a bucket shows none of it.

    Args:
        folder: what they wrote in, or a folder above.
        name: how the names begin that they would have given.
    """
    if is_bucket(folder):
        return
    for leftover in list(pathlib.Path(folder).rglob(f".{name}*.tmp")):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def staged(
    path: str | os.PathLike[str], *, last: str | None = None
) -> Iterator[pathlib.Path]:
    """Gives a path on a disk to make; it is at `path` once the block ends well.

    For what only writes to a disk: SavedModels, NumPy's files. A kill leaves
    `.<name>.*.tmp` beside a `path` on a disk.

    Args:
        path: a file, which is replaced, or a folder that must not exist.
        last: of a folder: the name of the file that says it is complete, such
            as "saved_model.pb". It goes to a bucket after all others.
    """
    target = as_path(path)
    make_folder(target.parent)
    with (
        told(target),
        tempfile.TemporaryDirectory(
            prefix=f".{target.name}.",
            suffix=".tmp",
            dir=None if is_bucket(target) else target.parent,
        ) as folder,
    ):
        made = pathlib.Path(folder, target.name)
        yield made
        if is_bucket(target):
            _upload(made, target, last)
        else:
            os.replace(made, target)


def check_space(path: Path, num_bytes: int) -> None:
    """Raises UserError if there is no room where `staged` makes a path."""
    local = tempfile.gettempdir() if is_bucket(path) else absolute(path).parent
    folder = pathlib.Path(local)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < num_bytes:
        detour = " there first: TMPDIR names another folder"
        raise UserError(
            f"{folder} has {free / 1e9:.1f} GB free; the target needs "
            f"{num_bytes / 1e9:.1f} GB{detour * is_bucket(path)}."
        )


@contextlib.contextmanager
def local_copy(path: Path) -> Iterator[pathlib.Path]:
    """Gives a file or folder on a disk: itself, or a copy for this block.

    For what only reads from a disk: SentencePiece, SavedModels.

    Raises:
        MissingFileError: nothing is in the bucket at `path`.
    """
    if not is_bucket(path):
        yield pathlib.Path(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, path.name)
        system, name = _in_bucket(path)
        names = _known_files(path)
        system.get(
            [_join(name, below) for below in names],
            [str(copy / below) for below in names],
        )
        yield copy


def read_range(path: Path, offset: int, size: int) -> bytes:
    """Reads a part of a file; from a bucket by one request.

    Any thread may call this; many at once are what makes a bucket fast.

    Raises:
        EOFError: the part ends after the file.
    """
    if is_bucket(path):
        system, name = _in_bucket(path)
        content = system.cat_file(name, start=offset, end=offset + size)
    else:
        with open(path, "rb") as file:
            file.seek(offset)
            content = file.read(size)
    if len(content) < size:
        raise EOFError(f"{path} ends before byte {offset + size}.")
    return content


def open_blocks(
    path: Path, block_bytes: int = _BLOCK_BYTES
) -> io.BufferedReader:
    """Opens a file for reading; a bucket gives so much a request, or more."""
    if not is_bucket(path):
        return open(path, "rb")
    system, name = _in_bucket(path)
    file: Any = system.open(name, "rb", block_size=block_bytes)
    # fsspec cuts each line from a whole block.
    return io.BufferedReader(file)


def children(folder: Path) -> list[Path]:
    """Gives the files and folders in a folder, in order.

    A bucket may hold an empty object named as the folder, which a console makes
    to show it. It is none of its files, here and in `list_files`.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    if is_bucket(folder):
        system, root = _in_bucket(folder)
        names = [name.rstrip("/") for name in system.ls(root, detail=False)]
        found = {name.rpartition("/")[2] for name in names if name != root}
    else:
        found = set(os.listdir(folder))
    return [folder / name for name in sorted(found)]


def list_files(folder: Path) -> dict[str, int]:
    """Gives the bytes of every file below a folder, by name, in order.

    Example: {"params/manifest": 85, "digests.json": 120}; {} where no folder
    is.
    """
    if is_bucket(folder):
        system, root = _in_bucket(folder)
        found = {
            name[len(root) :].lstrip("/"): int(info["size"])
            for name, info in system.find(root, detail=True).items()
            if not name.endswith("/")
        }
    else:
        root = pathlib.Path(folder)
        found = {
            path.relative_to(root).as_posix(): path.stat().st_size
            for path in root.rglob("*")
            if path.is_file()
        }
    return dict(sorted(found.items()))


def modified(path: Path) -> float:
    """Gives when a file was written, in seconds since 1970."""
    if is_bucket(path):
        system, name = _in_bucket(path)
        return system.modified(name).timestamp()
    return os.stat(path).st_mtime


def digest(path: Path) -> str:
    """Gives the SHA-256 of a file's content, in hexadecimal."""
    with open_blocks(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def move(source: Path, target: Path) -> None:
    """Moves a file or folder within its storage.

    On a disk that is one step. In a bucket it is a copy, file by file, and a
    removal, which a kill may stop half-way.

    Args:
        source: what is moved.
        target: on the same storage; a file there is replaced.

    Raises:
        MissingFileError: nothing is at `source`.
    """
    if not is_bucket(source):
        os.replace(source, target)
        return
    system, name = _in_bucket(source)
    _, new_name = _in_bucket(target)
    names = _known_files(source)
    old = [_join(name, below) for below in names]
    system.copy(old, [_join(new_name, below) for below in names])
    system.rm(old)


def _in_bucket(path: Path) -> tuple[fsspec.AbstractFileSystem, str]:
    """Gives the file system of a path, and its name there: "bucket/x"."""
    return fsspec.core.url_to_fs(os.fspath(path))


def _join(root: str, below: str) -> str:
    """Joins a name and one of `list_files`: "" is the file `root` itself."""
    return f"{root}/{below}" if below else root


def _known_files(path: Path) -> list[str]:
    """Gives the names of files at or below a path; there must be some."""
    names = list(list_files(path))
    if not names:
        raise MissingFileError(f"There is no file or folder {path}.")
    return names


def _upload(made: pathlib.Path, path: Path, last: str | None) -> None:
    system, name = _in_bucket(path)
    if made.is_file():
        system.put_file(str(made), name)
        return
    names = sorted(
        list_files(Path(made)),
        key=lambda below: pathlib.PurePath(below).name == last,
    )
    for below in names:
        system.put_file(str(made / below), _join(name, below))
