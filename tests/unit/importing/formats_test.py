"""Each format, from hand-written files to records."""

import base64
import json

import pyarrow
import pytest
from pyarrow import parquet

from pali_tf.files import as_path
from pali_tf.importing import formats
from pali_tf.importing.options import Options
from pali_tf.importing.problems import Problems
from pali_tf.webli import records
from tests.support import import_files as files


def caption(text, language="en"):
    return records.Caption(text=text, language=language, score=1.0)


def caption_texts(found):
    return [[c.text for c in record.captions] for record in found]


def image_ids(found):
    return [record.image.source_id for record in found]


def test_every_format_can_be_loaded():
    for entry in formats.FORMATS.values():
        assert callable(entry.load())


def test_formats_without_fields_are_known():
    names = {name for name, f in formats.FORMATS.items() if not f.has_fields}
    assert names == {"coco", "folder"}


def test_a_format_is_named_right():
    with pytest.raises(ValueError, match="did you mean 'webdataset'"):
        formats.find_format("webdatset")


def test_jsonl(tmp_path):
    files.write_images(tmp_path, "a.jpg", "b.png")
    rows = [
        {"image": "a.jpg", "alt": "a dog", "language": "en"},
        {"image": "a.jpg", "alt": "un chien", "language": "FR"},
        {
            "image": "b.png",
            "question": "How many?",
            "answers": ["2", "two", "2"],
            "question_id": 7,
        },
        {"image": "b.png", "question": "Où ?", "answer": "là", "group": "g"},
        {
            "id": "c",
            "image_base64": base64.b64encode(files.encode()).decode(),
            "label": "fox",
            "labels": ["fox", "red fox"],
        },
        {"text": " A document. "},
        {"inputs": "it rains", "targets": "yes", "language": "sw", "id": 3},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    found = files.read("jsonl", path, fields={"caption": "alt"})
    assert [record.image and record.image.source_id for record in found] == [
        *("a.jpg", "b.png", "c", None, None)
    ]
    assert found[0].captions == (
        caption("a dog"),
        caption("un chien", "fr"),
    )
    assert found[0].image.encoded == (tmp_path / "a.jpg").read_bytes()
    assert found[1].question_answers == (
        records.QuestionAnswer(
            question="How many?",
            answer="2",
            language="en",
            references=("2", "two", "2"),
            question_id="7",
        ),
        records.QuestionAnswer(
            question="Où ?", answer="là", language="en", group="g"
        ),
    )
    assert found[2].labels == ("fox", "red fox")
    assert found[3] == records.Record(text="A document.")
    assert found[4].text_pair == records.TextPair(
        inputs="it rains", targets="yes", language="sw", id="3"
    )


def test_tables_by_commas_and_tabs(tmp_path):
    files.write_images(tmp_path / "pictures", "a.jpg", "b.jpg")
    (tmp_path / "rows.csv").write_text(
        '\ufeffimage,caption,captions\na.jpg,"one, with\na line break",\n'
        'b.jpg,,"[""two"", {""caption"": ""trois"", ""language"": ""fr""}]"\n'
    )
    (tmp_path / "rows.tsv").write_text("image\tlabel\na.jpg\tfox\n")
    images = tmp_path / "pictures"
    found = files.read("csv", tmp_path / "rows.csv", images=images)
    assert found[0].captions == (caption("one, with\na line break"),)
    assert found[1].captions == (caption("two"), caption("trois", "fr"))
    found = files.read("csv", tmp_path / "rows.tsv", images=images)
    assert found[0].labels == ("fox",)
    # A folder: all its tables, which the first refuses for its columns here.
    with pytest.raises(FileNotFoundError, match="pictures. Known: a.j"):
        files.read("csv", images)


def test_coco_captions(tmp_path):
    path = files.write_coco(tmp_path)
    found = files.read("coco", path)
    assert image_ids(found) == ["0", "1"]
    assert found[1].captions == (
        caption("a blue card 1"),
        caption("card number 1"),
    )
    # The folder's one file is found, and texts may be of another language.
    found = files.read("coco", tmp_path, language="de")
    assert found[0].captions[0].language == "de"


def test_coco_boxes_are_fractions(tmp_path):
    files.write_images(tmp_path, "a.jpg")
    note = {"image_id": 1, "segmentation": [[1, 2]]}
    path = files.write_json(
        tmp_path / "instances_train.json",
        {
            "images": [
                {"id": 1, "file_name": "a.jpg", "width": 40, "height": 20},
                {"id": 2, "file_name": "b.jpg", "width": 40, "height": 20},
            ],
            "categories": [{"id": 9, "name": "cat"}],
            "annotations": [
                {**note, "id": 1, "category_id": 9, "bbox": [10, 5, 20, 10]},
                {**note, "id": 2, "category_id": 9, "bbox": [30, 0, 15, 20]},
                {**note, "id": 3, "category_id": 9, "bbox": [1, 1, 0, 9]},
                {**note, "id": 4, "category_id": 8, "bbox": [1, 1, 2, 9]},
                {**note, "id": 5, "category_id": 9, "bbox": [1, 1]},
                {
                    **note,
                    **{"id": 6, "category_id": 9, "bbox": [1, 1, 2, 2]},
                    "iscrowd": 1,
                },
            ],
        },
    )
    problems = Problems()
    (found,) = files.read("coco", path, problems=problems)
    assert found.objects == (
        records.LabelledObject(
            label="cat", box=records.Box(0.25, 0.25, 0.75, 0.75)
        ),
        records.LabelledObject(label="cat", box=records.Box(0, 0.75, 1, 1)),
    )
    assert problems.counts == {
        "empty-box": 1,
        "malformed-line": 2,
        "crowd-box": 1,
        "no-annotation": 1,
    }


def test_webdataset(tmp_path):
    members = {
        "x/0001.jpg": files.encode(),
        "x/0001.txt": b"a dog\n",
        "x/0002.json": json.dumps(
            {"alt": "ein Hund", "language": "de"}
        ).encode(),
        "x/0002.png": files.encode("PNG"),
        "x/0003.webp": files.encode("WEBP"),
        "x/0003.cls": b"dog",
    }
    files.write_tar(tmp_path / "a.tar", members)
    found = files.read("webdataset", tmp_path, fields={"caption": "alt"})
    assert image_ids(found) == ["x/0001", "x/0002", "x/0003"]
    assert found[0].captions == (caption("a dog"),)
    assert found[1].captions == (caption("ein Hund", "de"),)
    assert found[2].labels == ("dog",)
    assert [r.image.format for r in found] == ["jpeg", "png", "png"]


def test_parquet(tmp_path):
    files.write_images(tmp_path, "b.jpg")
    images = [
        {"bytes": files.encode(), "path": "a.jpg"},
        {"bytes": None, "path": "b.jpg"},
    ]
    table = pyarrow.table(
        {
            "picture": images,
            "caption": [["one", "two"], ["three"]],
            "unread": [1, 2],
        }
    )
    path = tmp_path / "rows.parquet"
    parquet.write_table(table, path)
    fields = {"image": "picture", "captions": "caption"}
    found = files.read("parquet", path, fields=fields)
    assert image_ids(found) == ["a.jpg", "b.jpg"]
    assert caption_texts(found) == [["one", "two"], ["three"]]
    path.write_bytes(path.read_bytes()[:-20])
    problems = Problems()
    assert files.read("parquet", path, fields=fields, problems=problems) == []
    assert problems.counts == {"truncated-file": 1}


def test_folder(tmp_path):
    files.write_images(tmp_path, "red_fox/1.jpg", "red_fox/2.JPG", "3.png")
    (tmp_path / "3.txt").write_text("one\n\ntwo\n")
    (tmp_path / "red_fox/1.txt").write_text("a fox\n")
    (tmp_path / "4.txt").write_text("of no image\n")
    (tmp_path / "notes.md").write_text("")
    (tmp_path / ".hidden").write_text("")
    problems = Problems()
    found = files.read("folder", tmp_path, problems=problems)
    assert image_ids(found) == ["3.png", "red_fox/1.jpg", "red_fox/2.JPG"]
    assert caption_texts(found) == [["one", "two"], ["a fox"], []]
    assert [r.labels for r in found] == [(), ("red fox",), ("red fox",)]
    assert problems.counts == {"missing-image": 1, "other-file": 1}


def test_how_far_it_is_is_said(tmp_path):
    files.write_coco(tmp_path, num_images=4)
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\n' * 3)
    said = []
    options = Options(
        input=as_path(tmp_path / "rows.jsonl"),
        progress=lambda done, total: said.append(done / total),
    )
    assert len(list(formats.find_format("jsonl").load()(options))) == 3
    assert said[-1] == 1 and len(said) == 3


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
