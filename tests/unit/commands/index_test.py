"""`pali index` on data that others wrote, and on our own."""

import pytest

from pali_tf import cli
from pali_tf.webli import read, split_index
from tests.support import stored_examples


@pytest.fixture
def data_dir(tmp_path):
    stored_examples.write_data(tmp_path, num_records=3)
    return tmp_path


def index(data_dir):
    return cli.main(["index", f"--data_dir={data_dir}"])


def test_every_split_gets_its_index(data_dir, capsys):
    assert index(data_dir) == 0
    said = capsys.readouterr().out
    assert "text/train: 3 records in 2 shards, all with text" in said
    assert "2 with ocr/text" in said
    assert "wrote" not in said
    infos = list(data_dir.glob("*/*.info.json"))
    assert len(list(data_dir.glob("*/*.index.npz"))) == len(infos) == 18


def test_shards_of_others_get_their_info_file(data_dir, capsys):
    info = data_dir / "webli" / "train.info.json"
    written = info.read_bytes()
    info.unlink()
    assert index(data_dir) == 0
    assert "webli/train: wrote its info file" in capsys.readouterr().out
    assert info.read_bytes() == written
    assert split_index.load(data_dir, "webli", "train").total == 3


def test_a_shard_that_is_missing_is_named(data_dir, capsys):
    (data_dir / "webli" / "train.info.json").unlink()
    (data_dir / "webli" / "train.tfrecord-00001-of-00002").unlink()
    assert index(data_dir) == 2
    said = capsys.readouterr().err
    assert "train has 1 shards of 2; train.tfrecord-00001-of-00002" in said
    assert not (data_dir / "webli" / "train.info.json").exists()


def test_shards_of_another_version_are_told(data_dir, capsys):
    folder = data_dir / "webli"
    (folder / "train.info.json").unlink()
    (folder / "train.tfrecord-00000-of-00003").write_bytes(b"")
    assert index(data_dir) == 2
    assert "remove those of another version" in capsys.readouterr().err


def test_a_damaged_record_is_named(data_dir, capsys):
    shard = read.shard_paths(data_dir, "webli", "train")[1]
    shard.write_bytes(shard.read_bytes()[:-1])
    assert index(data_dir) == 2
    assert f"{shard.name}: record 0, at byte 0" in capsys.readouterr().err


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
