"""Bad files: each problem is told with its place, and none is dropped."""

import json

import pytest

from pali_tf.importing.problems import ImportProblemError, Problems
from tests.support import import_files as files


@pytest.fixture
def problems():
    return Problems()


def only(problems, kind):
    """The message of the only problem there was."""
    assert list(problems.counts.items()) == [(kind, 1)]
    return problems.messages[kind][0]


def test_a_missing_file_says_what_is_there(tmp_path):
    files.write_coco(tmp_path)
    with pytest.raises(
        FileNotFoundError, match="did you mean 'captions_train.j"
    ):
        files.read("coco", tmp_path / "captions_trian.json")
    with pytest.raises(FileNotFoundError, match=r"Known: 0\.jpg, 1\.jpg, capt"):
        files.read("jsonl", tmp_path)
    with pytest.raises(FileNotFoundError, match="nor is there a folder"):
        files.read("jsonl", tmp_path / "a" / "b.jsonl")
    with pytest.raises(ValueError, match="captions_train.json is no"):
        files.read("folder", tmp_path / "captions_train.json")


def test_an_image_of_coco_is_missing(tmp_path, problems):
    path = files.write_coco(tmp_path, num_images=3)
    (tmp_path / "1.jpg").unlink()
    assert len(files.read("coco", path, problems=problems)) == 2
    assert only(problems, "missing-image") == (
        f"{tmp_path / '1.jpg'}: the folder has no such file."
    )
    with pytest.raises(ImportProblemError, match=r"1\.jpg.*=missing-image$"):
        problems.check()


def test_what_is_allowed_is_left_out_and_counted(tmp_path):
    path = files.write_coco(tmp_path, num_images=3)
    (tmp_path / "1.jpg").unlink()
    problems = Problems(["missing-image"])
    assert len(files.read("coco", path, problems=problems)) == 2
    problems.check()
    assert problems.describe() == "1 missing-image"


def test_a_kind_is_named_right():
    with pytest.raises(ValueError, match="did you mean 'missing-image'"):
        Problems(["missing-images"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "lacks images and annotations"),
        ('{"images": []}', "lacks annotations"),
    ],
)
def test_a_file_that_is_not_cocos(tmp_path, content, message):
    path = tmp_path / "captions_train.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        files.read("coco", path)


def test_of_several_coco_files_one_is_named(tmp_path):
    files.write_coco(tmp_path)
    for name in ("captions_val.json", "instances_train.json"):
        files.write_json(tmp_path / name, {})
    with pytest.raises(ValueError, match=r"name one of captions_train\.json"):
        files.read("coco", tmp_path)


def test_captions_of_an_image_that_is_not_listed(tmp_path, problems):
    path = files.write_coco(tmp_path)
    content = json.loads(path.read_text())
    content["annotations"].append({"id": 9, "image_id": 77, "caption": "x"})
    content["annotations"][0]["caption"] = " "
    content["annotations"][1].pop("caption")
    files.write_json(path, content)
    files.read("coco", path, problems=problems)
    assert problems.counts == {
        "empty-text": 1,
        "malformed-line": 1,
        "missing-image": 1,
    }
    assert "image 77" in problems.messages["missing-image"][0]


def test_malformed_lines_are_numbered(tmp_path, problems):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(
        b'{"text": "a"}\n{"text": \n[1]\n{"text": "\xff"}\n{"text": ["a"]}\n'
    )
    assert len(files.read("jsonl", path, problems=problems)) == 1
    places = [m.split(": ")[0] for m in problems.messages["malformed-line"]]
    assert places == [f"{path}:{line}" for line in (2, 3, 4, 5)]


def test_rows_of_tables_that_do_not_fit(tmp_path, problems):
    path = tmp_path / "rows.csv"
    path.write_bytes(b'text,label\n"a\nb",\nb\n\xff,\nc,,\nd,\n')
    found = files.read("csv", path, problems=problems)
    assert [record.text for record in found] == ["a\nb", "d"]
    messages = problems.messages["malformed-line"]
    assert messages[0] == f"{path}:4: 1 cells under 2 columns."
    assert f"{path}:5: 'utf-8'" in messages[1]
    assert messages[2] == f"{path}:6: 3 cells under 2 columns."


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, r"It has url, alt_text; the nearest would be --field=text=alt_t"),
        ({"caption": "alttext"}, "no column 'alttext'.* did you mean 'alt_te"),
        ({"captoin": "alt_text"}, "no field 'captoin'; did you mean 'caption'"),
    ],
)
def test_a_table_without_the_column(tmp_path, fields, message):
    path = tmp_path / "rows.csv"
    path.write_text("url,alt_text\na.jpg,a dog\n")
    with pytest.raises(ValueError, match=message):
        files.read("csv", path, fields=fields)


def test_unknown_languages_have_the_nearest(tmp_path, problems):
    files.write_images(tmp_path, "a.jpg")
    path = tmp_path / "rows.jsonl"
    path.write_text('{"image": "a.jpg", "caption": "x", "language": "ennn"}')
    assert files.read("jsonl", path, problems=problems) == []
    assert only(problems, "unknown-language") == (
        f"{path}:1: no language has the code 'ennn'; did you mean 'en'?"
    )


def test_an_option_s_unknown_language_is_told_once(tmp_path, problems):
    files.write_coco(tmp_path)
    assert files.read("coco", tmp_path, language="eg", problems=problems) == []
    assert "--language" in only(problems, "unknown-language")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"image": "a.jpg", "caption": " "}, "empty-text"),
        ({"image": "a.jpg", "captions": ["", "x"]}, "empty-text"),
        ({"image": "a.jpg"}, "empty-text"),
        ({"image": "a.jpg", "question": "why?"}, "missing-answer"),
        ({"image": "a.jpg", "question": "?", "answers": []}, "missing-answer"),
        ({"image": "a.jpg", "caption": True}, "malformed-line"),
        ({"image": "a.jpg", "captions": "[x"}, "malformed-line"),
        ({"image": "no.jpg", "caption": "x"}, "missing-image"),
        ({"image": "", "caption": "x"}, "missing-image"),
        ({"image": "bad.jpg", "caption": "x"}, "corrupt-image"),
        ({"image": "text.jpg", "caption": "x"}, "corrupt-image"),
        ({"image_base64": "@", "caption": "x"}, "corrupt-image"),
        ({"inputs": "x"}, "empty-text"),
    ],
)
def test_rows_that_say_too_little(tmp_path, problems, row, kind):
    files.write_images(tmp_path, "a.jpg")
    # Its header is whole; only decoding tells.
    (tmp_path / "bad.jpg").write_bytes(files.encode()[:-80])
    (tmp_path / "text.jpg").write_text("not an image")
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row))
    files.read("jsonl", path, problems=problems)
    assert problems.counts[kind] == 1


def test_a_test_split_may_lack_answers(tmp_path, problems):
    files.write_images(tmp_path, "a.jpg")
    path = tmp_path / "rows.jsonl"
    path.write_text('{"image": "a.jpg", "question": "why?"}')
    (record,) = files.read("jsonl", path, split="test", problems=problems)
    assert record.question_answers[0].answer == ""
    assert not problems.counts


MEMBERS = {
    f"{i}.{suffix}": data
    for i in range(3)
    for suffix, data in (("jpg", files.encode(seed=i)), ("txt", b"text"))
}


# Within the first member, within its header's successor, before the end mark.
@pytest.mark.parametrize("size", [700, 1300, None])
def test_truncated_archives(tmp_path, problems, size):
    path = files.write_tar(tmp_path / "a.tar", MEMBERS)
    path.write_bytes(path.read_bytes().rstrip(b"\0")[:size])
    files.read("webdataset", path, problems=problems)
    assert problems.counts["truncated-file"] == 1


def test_truncated_packed_archives(tmp_path, problems):
    path = files.write_tar(tmp_path / "a.tar.gz", MEMBERS, "w:gz")
    assert len(files.read("webdataset", path, problems=problems)) == 3
    assert not problems.counts
    path.write_bytes(path.read_bytes()[:-30])
    files.read("webdataset", path, problems=problems)
    assert only(problems, "truncated-file").startswith(str(path))


def test_the_first_messages_of_a_kind_are_kept():
    problems = Problems()
    for number in range(50):
        problems.report("empty-text", f"line {number}", "it is empty.")
    assert problems.counts["empty-text"] == 50
    assert len(problems.messages["empty-text"]) == 20
    with pytest.raises(
        ImportProblemError, match="50 empty-text.*line 0: it is"
    ):
        problems.check()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
