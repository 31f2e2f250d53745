import json

import pytest

from pali_tf.files import as_path, list_files
from pali_tf.sample_world import pipeline, world
from pali_tf.sample_world.writing import write_sample
from pali_tf.webli import read, records

SIZES = {"num_train": 6, "num_validation": 2, "num_test": 3}


def run(folder, num_workers=1, **changes):
    config = world.make_config(
        **{"level": "grid", "seed": 0, **SIZES, **changes}
    )
    return write_sample(config, as_path(folder), num_workers)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "data"
    assert "6" in run(path)
    return path


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_split_of_every_source_is_whole(folder):
    sizes = {"train": 6, "validation": 2, "test": 3}
    for source in records.SOURCES:
        for split, size in sizes.items():
            info = read.verify_split(folder, source, split)
            assert info.num_examples == size
            found = list(read.read_split(folder, source, split))
            assert len(found) == size
    first = next(read.read_split(folder, "webli", "test"))
    assert first.image.source_id == "scene-test-0"
    assert not [path for path in content(folder) if ".tmp" in path]


def test_same_seed_gives_the_same_bytes(folder, tmp_path):
    run(tmp_path / "again")
    run(tmp_path / "other", seed=1)
    assert content(tmp_path / "again") == content(folder)
    assert content(tmp_path / "other") != content(folder)


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_a_bucket_holds_what_a_disk_does(folder, storage):
    root = as_path(storage)
    assert "6" in run(storage)
    assert {
        name: (root / name).read_bytes() for name in list_files(root)
    } == content(folder)
    assert "holds this sample already" in run(storage)


def test_complete_sample_is_kept(folder, monkeypatch):
    before = content(folder)
    monkeypatch.delattr(pipeline, "run")
    assert "holds this sample already" in run(folder)
    assert content(folder) == before


def test_other_configuration_is_refused(folder):
    with pytest.raises(ValueError, match="seed: 0 there, 9 asked for"):
        run(folder, seed=9)


def test_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match="holds no generated sample"):
        run(tmp_path)


def test_interrupted_sample_is_finished(folder, tmp_path):
    path = tmp_path / "data"
    run(path)
    state = json.loads((path / "sample.json").read_text())
    state["is_complete"] = False
    (path / "sample.json").write_text(json.dumps(state))
    (path / "text" / "train.info.json").unlink()
    (path / "text" / ".train.tfrecord.1.tmp").write_bytes(b"half")
    run(path)
    assert content(path) == content(folder)


@pytest.mark.parametrize("argument", ["num_train", "num_workers"])
def test_numbers_below_one_are_refused(tmp_path, argument):
    with pytest.raises(ValueError, match="at least 1"):
        run(tmp_path / "data", **{argument: 0})


def test_shards_do_not_depend_on_who_writes_them(folder, tmp_path):
    config = world.make_config(level="grid", seed=0, **SIZES)
    shard = pipeline.shards_of(config)[-1]
    assert shard == ("test", 0, name := "test.tfrecord-00000-of-00001")
    pipeline.write_shard(config, tmp_path, shard)
    for source in records.SOURCES:
        written = (tmp_path / source / name).read_bytes()
        assert written == (folder / source / name).read_bytes()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
