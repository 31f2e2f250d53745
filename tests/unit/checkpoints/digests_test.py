"""No file of a checkpoint changes unnoticed."""

import json

import pytest

from pali_tf.checkpoints import digests
from pali_tf.checkpoints.digests import DamagedCheckpointError

FILES = {
    "_CHECKPOINT_METADATA": b"{}",
    "params/d/shard": bytes(range(256)) * 40,
    "params/empty": b"",
    "slots/d/shard": b"slots",
}


@pytest.fixture
def folder(tmp_path):
    for name, content in FILES.items():
        path = tmp_path / "checkpoint_3" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    size = digests.write(tmp_path / "checkpoint_3")
    assert size == sum(map(len, FILES.values()))
    return tmp_path / "checkpoint_3"


def flip(path, place=0):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_what_was_written_is_whole(folder):
    assert digests.exist(folder)
    size = digests.verify(folder)
    assert size == sum(map(len, FILES.values()))


@pytest.mark.parametrize("name", [n for n, content in FILES.items() if content])
def test_one_flipped_bit_is_found_in_any_file(folder, name):
    flip(folder / name, len(FILES[name]) // 2)
    with pytest.raises(DamagedCheckpointError, match=f"damaged: {name} does"):
        digests.verify(folder)


def test_a_file_that_is_not_there(folder):
    (folder / "params/d/shard").unlink()
    with pytest.raises(DamagedCheckpointError, match="shard is not there"):
        digests.verify(folder)


def test_a_file_that_was_cut(folder):
    (folder / "params/d/shard").write_bytes(b"cut")
    with pytest.raises(DamagedCheckpointError, match="3 bytes, 10240 were"):
        digests.verify(folder)


def test_every_byte_of_the_digests_themselves_counts(folder):
    path = folder / digests.FILE_NAME
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole)
        flip(path, place)
        with pytest.raises(DamagedCheckpointError, match="digests.json is"):
            digests.verify(folder)


def test_only_the_items_that_are_read_count(folder):
    flip(folder / "slots/d/shard")
    digests.verify(folder, items=("params",))
    flip(folder / "_CHECKPOINT_METADATA")
    with pytest.raises(DamagedCheckpointError, match="_CHECKPOINT_METADATA"):
        digests.verify(folder, items=("params",))


def test_the_shares_of_all_processes_are_all_files(folder):
    sizes = [
        digests.verify(folder, part=part, num_parts=3) for part in range(3)
    ]
    assert sum(sizes) == sum(map(len, FILES.values()))


def test_what_is_added_later_does_not_matter(folder):
    (folder / "note.txt").write_text("kept for the paper")
    digests.verify(folder)


def test_the_digests_are_readable(folder):
    manifest = json.loads((folder / digests.FILE_NAME).read_text())
    assert manifest["files"].keys() == FILES.keys()
    assert manifest["files"]["slots/d/shard"] == {
        "bytes": 5,
        # echo -n slots | sha256sum
        "digest": "3b478a0a3fc655df9df052728812851b"
        "6b22ddf49daa1130ff37eafed057414f",
    }


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
