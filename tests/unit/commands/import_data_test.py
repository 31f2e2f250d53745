"""`pali import`, from flags to shards, and to the task that reads them."""

import gzip
import json
import os
import re
import signal
import tracemalloc

import pyarrow
import pytest
from pyarrow import parquet

from pali_tf import cli
from pali_tf.data.data_root import DataRoot
from pali_tf.files import as_path, list_files, write_whole
from pali_tf.importing import shards
from pali_tf.webli import read, records
from seqio_tasks import named
from tests.support import import_files as files


@pytest.fixture
def signals():
    """The command sets handlers of its own."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def imported(tmp_path, signals, capsys):
    """Runs the command; gives its status and what it said."""

    def run(*flags, name="coco", source="my_shop", root=tmp_path):
        status = cli.main(
            [
                "import",
                f"--from={name}",
                f"--input={root}/in",
                f"--data_dir={root}/data",
                f"--source={source}",
                *flags,
            ]
        )
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_shards_are_dealt_in_turn_and_read_by_a_task(tmp_path, imported):
    files.write_coco(tmp_path / "in", num_images=5)
    status, said, _ = imported("--num_shards=2")
    assert status == 0
    assert re.match(
        r"Wrote my_shop/train: 5 images, 10 captions \(en 10\), in 2 shards",
        said,
    )
    assert "MIXTURE_OR_TASK_NAME=\"'captioning:my_shop'\"" in said
    info = read.verify_split(tmp_path / "data", "my_shop", "train")
    assert [shard.num_examples for shard in info.shards] == [3, 2]
    assert names(tmp_path / "data") == [
        "train.index.npz",
        "train.info.json",
        "train.tfrecord-00000-of-00002",
        "train.tfrecord-00001-of-00002",
    ]
    root = DataRoot(str(tmp_path / "data"))
    (task,) = named.find("captioning:my_shop", root).tasks
    rows = task.source.get_dataset(shuffle=False).as_numpy_iterator()
    assert [row["image/source_id"] for row in rows] == [
        *(b"0", b"2", b"4", b"1", b"3")
    ]


def write_inputs(name, folder, bucket):
    """Five pictures with captions, in a format; a row names one's bucket."""
    names = [f"{i}.jpg" for i in range(5)]
    files.write_images(folder, *names)
    rows = [{"image": name, "caption": f"card {name}"} for name in names]
    if name == "coco":
        files.write_coco(folder, num_images=5)
    elif name == "folder":
        for row in rows:
            path = (folder / row["image"]).with_suffix(".txt")
            path.write_text(row["caption"])
    elif name == "csv":
        rows[4]["image"] = f"{bucket}/in/4.jpg"
        lines = ["image\tcaption", *("\t".join(r.values()) for r in rows)]
        text = "\n".join(lines).encode()
        (folder / "rows.tsv.gz").write_bytes(gzip.compress(text))
    elif name == "webdataset":
        members = {n: (folder / n).read_bytes() for n in names}
        members |= {f"{n[0]}.txt": n.encode() for n in names}
        files.write_tar(folder / "a.tar", dict(sorted(members.items())))
    elif name == "parquet":
        table = pyarrow.Table.from_pylist(rows)
        parquet.write_table(table, folder / "rows.parquet")


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
@pytest.mark.parametrize(
    "name", ["coco", "folder", "csv", "webdataset", "parquet"]
)
def test_in_a_bucket_all_is_as_on_a_disk(tmp_path, imported, storage, name):
    write_inputs(name, tmp_path / "in", storage)
    (tmp_path / "in/v.model").write_text("a vocabulary")
    root = as_path(storage)
    for path in (tmp_path / "in").iterdir():
        write_whole(root / "in" / path.name, path.read_bytes())
    for place in (tmp_path, root):
        flags = [f"--vocabulary={place}/in/v.model", "--num_shards=2"]
        flags += ["--allow=other-file", "--allow=no-annotation"]
        assert imported(*flags, name=name, root=place)[0] == 0
    made = list_files(root / "data")
    assert list(made) == list(list_files(as_path(tmp_path / "data")))
    for path in made:
        content = (root / "data" / path).read_bytes()
        assert content == (tmp_path / "data" / path).read_bytes()


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_a_split_in_a_bucket_is_the_old_or_the_new(tmp_path, imported, storage):
    files.write_coco(tmp_path / "in", num_images=5)
    output = f"--data_dir={storage}"
    assert imported(output, "--num_shards=3")[0] == 0
    before = list_files(as_path(storage))
    (tmp_path / "in/3.jpg").unlink()
    assert imported(output, "--overwrite")[0] == 2
    assert list_files(as_path(storage)) == before
    flags = ("--overwrite", "--allow=missing-image", "--num_shards=3")
    assert imported(output, *flags)[0] == 0
    info = read.verify_split(as_path(storage), "my_shop", "train")
    assert [shard.num_examples for shard in info.shards] == [2, 1, 1]
    assert imported(output)[0] == 2


def test_a_data_root_gets_one_vocabulary(tmp_path, imported):
    files.write_coco(tmp_path / "in")
    for name in ("one.model", "two.model"):
        (tmp_path / name).write_text(name)
    one, two = (f"--vocabulary={tmp_path / n}.model" for n in ("one", "two"))
    assert imported(one)[0] == 0
    stored = tmp_path / "data/vocabulary/sentencepiece.model"
    assert stored.read_text() == "one.model"
    assert imported(one, "--split=test")[0] == 0
    status, _, said = imported(two, "--split=validation")
    assert (status, "is another vocabulary than" in said) == (2, True)


def test_a_split_is_kept_unless_told(tmp_path, imported):
    files.write_coco(tmp_path / "in", num_images=5)
    imported()
    assert len(names(tmp_path / "data")) == 7
    status, _, said = imported()
    assert status == 2
    assert "train.info.json is there already. Give --overwrite" in said
    assert imported("--overwrite", "--num_shards=2")[0] == 0
    assert len(names(tmp_path / "data")) == 4
    assert read.verify_split(tmp_path / "data", "my_shop", "train")


def test_problems_leave_nothing_behind(tmp_path, imported):
    files.write_coco(tmp_path / "in", num_images=5)
    (tmp_path / "in/3.jpg").unlink()
    status, _, said = imported()
    assert status == 2
    assert "there are problems: 1 missing-image. The first: " in said
    assert names(tmp_path / "data") == []
    status, said, _ = imported("--allow=missing-image")
    assert status == 0
    assert "4 images" in said and "Left out: 1 missing-image." in said


def test_nothing_to_import_is_said(tmp_path, imported):
    (tmp_path / "in").mkdir()
    status, _, said = imported(name="folder")
    assert status == 2
    assert "nothing to import" in said


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--field=caption=text"], "'coco' takes no --field"),
        (["--from=csv", "--field=caption"], "give OURS=THEIRS"),
        (["--num_shards=0"], "--num_shards is 0"),
        (["--allow=missing"], "did you mean 'missing-image'"),
        (["--vocabulary=nowhere"], "no file nowhere"),
        (["--images=nowhere"], "no folder nowhere"),
        (["--source=My Shop"], "'my_shop' would do"),
        (["--from=cooc"], "did you mean 'coco'"),
    ],
)
def test_flags_are_checked(tmp_path, imported, flags, message):
    files.write_coco(tmp_path / "in")
    status, _, said = imported(*flags)
    assert (status, message in said) == (2, True)


def test_sigterm_leaves_what_was_there(
    tmp_path, storage, imported, monkeypatch
):
    files.write_coco(tmp_path / "in", num_images=5)
    output = f"--data_dir={storage}/data"
    assert imported(output, "--split=test")[0] == 0
    before = list_files(as_path(storage) / "data")
    monkeypatch.setattr(
        shards.write.ShardWriter,
        "write",
        lambda self, record: os.kill(os.getpid(), signal.SIGTERM),
    )
    assert imported(output)[0] == 130
    assert imported(output, "--split=test", "--overwrite")[0] == 130
    assert list_files(as_path(storage) / "data") == before
    read.verify_split(as_path(storage) / "data", "my_shop", "test")


def test_leftovers_of_a_killed_import_are_removed(tmp_path, imported):
    files.write_coco(tmp_path / "in")
    leftover = tmp_path / "data/my_shop/.train.tfrecord-00000-of-00016.7.tmp"
    leftover.parent.mkdir(parents=True)
    leftover.write_text("")
    imported()
    assert not leftover.exists()


def test_records_pass_one_by_one(tmp_path):
    """60 MB of images, of which one a shard is held at any time."""
    pixels = os.urandom(1 << 20)

    def rows():
        for number in range(60):
            image = records.Image(
                encoded=pixels + bytes([number]),
                format="png",
                height=1,
                width=1,
                source_id=str(number),
            )
            yield records.Record(image=image)

    tracemalloc.start()
    info = shards.write_split(
        rows(), tmp_path, "train", num_shards=4, check=lambda: None
    )
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert info.num_examples == 60
    assert most < 12 << 20


def test_archives_pass_member_by_member(tmp_path):
    """20 MB of members of an archive, of which one is held at a time."""
    members = {
        f"{i}.txt": os.urandom(1 << 20).hex().encode() for i in range(10)
    }
    path = files.write_tar(tmp_path / "a.tar", members)
    del members
    tracemalloc.start()
    assert files.read("webdataset", path) == []
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 15 << 20


def test_columns_of_json_lines_are_listed(tmp_path, imported):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/rows.jsonl").write_text(
        json.dumps({"image": "a.jpg", "alt_text": "x"})
    )
    status, _, said = imported(name="jsonl")
    assert status == 2
    assert "it has no caption, question or label, but image, alt_text" in said


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
