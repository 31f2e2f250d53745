"""Files mean the same on a disk, in S3 and in GCS, over real sockets."""

import argparse
import hashlib
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import pytest
from tensorboard.summary.writer.record_writer import RecordWriter

from pali_tf import files
from tests.support import object_storage


@pytest.fixture
def root(storage):
    return files.as_path(storage) / "run"


def fail_in(context):
    """Writes half of something, and then an error comes."""
    with pytest.raises(KeyboardInterrupt), context as file:
        file.write(b"half")
        raise KeyboardInterrupt


@pytest.mark.parametrize("prefix", ["gs://", "s3://"])
def test_a_bucket_keeps_its_slashes(prefix):
    path = files.as_path(f"{prefix}bucket/a") / "b"
    assert str(path) == os.fspath(path) == f"{prefix}bucket/a/b"
    assert str(path.parent) == f"{prefix}bucket/a"
    assert files.is_bucket(path)
    assert files.absolute(path) == path
    assert pickle.loads(pickle.dumps(path)) == path


def test_a_plain_path_is_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not files.is_bucket(files.as_path("data/gs"))
    assert files.absolute(files.as_path("x")) == files.as_path(tmp_path / "x")
    # A colon is a part of a name.
    assert str(files.as_path("captioning:my_shop")) == "captioning:my_shop"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hdfs://host/x", "begins with gs:// or s3://"),
        ("gs:/bucket/x", "lacks a slash: gs://"),
        ("s3:///x", "names no bucket: s3://BUCKET"),
        ("gs://", "names no bucket"),
        (pathlib.Path("s3://bucket/x"), "lacks a slash: s3://"),
    ],
)
def test_a_path_of_no_storage_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        files.as_path(text)
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--path", type=files.as_path)
    with pytest.raises(argparse.ArgumentError, match=why):
        parser.parse_args(["--path", os.fspath(text)])


def test_a_missing_library_is_told(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="needs s3fs.*pali_tf.storage"):
        files.as_path("s3://bucket/x")
    assert files.as_path("x").name == "x"


def test_a_written_file_is_whole_and_replaces_another(root):
    path = root / "a" / "b.txt"
    files.write_whole(path, b"old")
    files.write_whole(path, "grün")
    assert path.read_text() == "grün"
    assert files.list_files(root) == {"a/b.txt": 5}
    assert files.list_files(root / "a") == {"b.txt": 5}
    assert [child.name for child in (root / "a").iterdir()] == ["b.txt"]
    assert list(root.glob("*/*.txt")) == [path]
    assert path.stat().length == 5


def test_a_file_tells_when_it_was_written(root):
    before = time.time()
    files.write_whole(root / "a", b"now")
    # Some storages count whole seconds.
    assert before - 2 < files.modified(root / "a") < time.time() + 2


def test_what_fails_leaves_the_file_that_was(root):
    fail_in(files.open_whole(root / "new"))
    files.write_whole(root / "old", b"old")
    fail_in(files.open_whole(root / "old"))
    assert files.list_files(root) == {"old": 3}
    assert (root / "old").read_bytes() == b"old"


def test_a_large_file_is_written_in_parts_and_appears_at_once(root, rng):
    content = rng.bytes(20 << 20)
    with files.open_whole(root / "large") as file:
        for begin in range(0, len(content), 1 << 20):
            file.write(content[begin : begin + (1 << 20)])
        assert not (root / "large").exists()
    assert files.digest(root / "large") == hashlib.sha256(content).hexdigest()
    part = content[9 << 20 : (9 << 20) + 1000]
    assert files.read_range(root / "large", 9 << 20, 1000) == part


@pytest.mark.slow
def test_what_other_processes_write_is_seen(root):
    assert not root.exists()
    assert files.list_files(root) == {}
    for count in (1, 2):
        program = (
            "from pali_tf import files\n"
            f"path = files.as_path({str(root / str(count))!r})\n"
            "files.write_whole(path, b'x')"
        )
        subprocess.run([sys.executable, "-c", program], check=True)
        assert (root / str(count)).exists()
        assert len(list(root.iterdir())) == len(files.list_files(root)) == count


def test_a_range_beyond_the_file_is_an_error(root):
    files.write_whole(root / "x", b"0123456789")
    assert files.read_range(root / "x", 3, 4) == b"3456"
    with pytest.raises(EOFError, match="before byte 12"):
        files.read_range(root / "x", 8, 4)
    with pytest.raises(FileNotFoundError):
        files.read_range(root / "none", 0, 1)


def test_a_folder_made_on_the_disk_arrives_whole(root):
    with files.staged(root / "7", last="saved_model.pb") as made:
        (made / "variables").mkdir(parents=True)
        (made / "variables" / "index").write_bytes(b"12")
        (made / "saved_model.pb").write_bytes(b"1")
        assert not (root / "7").exists()
    assert files.list_files(root) == {
        "7/saved_model.pb": 1,
        "7/variables/index": 2,
    }


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_the_file_that_completes_a_folder_goes_last(root, monkeypatch):
    system, _ = files._in_bucket(root)
    order = []
    monkeypatch.setattr(
        system, "put_file", lambda made, name: order.append(name[-1])
    )
    with files.staged(root / "7", last="b") as made:
        made.mkdir()
        for name in "abc":
            (made / name).touch()
    assert order == ["a", "c", "b"]


@pytest.mark.parametrize("storage", ["disk", "gs"], indirect=True)
def test_a_full_disk_is_told_before_it_is_full(root):
    free = shutil.disk_usage(tempfile.gettempdir()).free
    files.check_space(root / "not" / "there", free // 2)
    with pytest.raises(ValueError, match=r"GB free; the target needs"):
        files.check_space(root / "not" / "there", 20 * free)


def test_a_staged_file_has_its_name_and_leaves_nothing(root):
    with files.staged(root / "x.npz") as made:
        np.savez(made, x=np.arange(3))
    fail = files.staged(root / "y.npz")
    with pytest.raises(KeyboardInterrupt), fail as made:
        made.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(files.list_files(root)) == ["x.npz"]
    with files.local_copy(root / "x.npz") as copy:
        assert np.load(copy)["x"].tolist() == [0, 1, 2]


def test_a_folder_is_copied_to_the_disk(root):
    files.write_whole(root / "a" / "b", b"1")
    files.write_whole(root / "c", b"2")
    with files.local_copy(root) as copy:
        assert (copy / "a" / "b").read_bytes() == b"1"
        assert (copy / "c").read_bytes() == b"2"
    assert copy.exists() != files.is_bucket(root)


def test_a_folder_moves(root):
    files.write_whole(root / "step_1" / "a" / "b", b"1")
    files.write_whole(root / "step_1" / "c", b"2")
    files.write_whole(root / "step_10", b"3")
    files.move(root / "step_1", root / "step_1.damaged")
    assert files.list_files(root) == {
        "step_1.damaged/a/b": 1,
        "step_1.damaged/c": 1,
        "step_10": 1,
    }
    files.move(root / "step_10", root / "step_20")
    assert (root / "step_20").read_bytes() == b"3"


def test_what_is_not_there_is_neither_moved_nor_copied(root):
    with pytest.raises(FileNotFoundError):
        files.move(root / "none", root / "other")
    with (
        pytest.raises(FileNotFoundError),
        files.local_copy(root / "none") as copy,
    ):
        copy.read_bytes()


def test_the_children_of_a_folder(root):
    for name in ("b/x", "a~", "c"):
        files.write_whole(root / name, name)
    assert files.children(root) == [root / "a~", root / "b", root / "c"]
    with pytest.raises(FileNotFoundError):
        files.children(root / "nothing")


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_a_folder_that_a_console_made_is_no_file(root):
    files.write_whole(root / "a/x", "1")
    for folder in (root, root / "a", root / "empty"):
        object_storage.put_marker(str(folder))
    assert files.list_files(root) == {"a/x": 1}
    assert files.children(root / "a") == [root / "a" / "x"]
    assert files.children(root / "empty") == []
    files.move(root / "a", root / "b")
    assert files.list_files(root) == {"b/x": 1}
    with files.local_copy(root) as copy:
        assert (copy / "b" / "x").read_text() == "1"


def test_making_a_folder_makes_no_bucket(storage, root):
    files.make_folder(root / "a")
    assert (root / "a").exists() != files.is_bucket(root)
    if files.is_bucket(root):
        nowhere = files.as_path(f"{storage.split('//')[0]}//no-such-bucket/x")
        files.make_folder(nowhere)
        with pytest.raises(FileNotFoundError):
            files.write_whole(nowhere, b"x")


def test_records_are_written_without_tensorflow(root):
    with files.open_whole(root / "x.tfrecord") as file:
        RecordWriter(file).write(b"abc")
    content = (root / "x.tfrecord").read_bytes()
    assert content[:8] == (3).to_bytes(8, "little")
    assert content[12:15] == b"abc"


def test_no_heavy_library_comes_with_it():
    program = (
        "import sys; from pali_tf import files;"
        "print([m for m in ('numpy', 'jax', 'tensorflow', 's3fs') "
        "if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True
    )
    assert said.stdout.split() == [b"[]"]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
