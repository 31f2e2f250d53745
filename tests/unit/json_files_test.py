"""What is written is read; a damaged file is named."""

import pytest

from pali_tf import files, json_files
from pali_tf.errors import MissingFileError, UserError


def test_what_is_written_is_read(tmp_path):
    json_files.write(tmp_path / "deep" / "x.json", {"name": "là", "size": 3})
    text = (tmp_path / "deep" / "x.json").read_text(encoding="utf-8")
    assert text == '{\n  "name": "là",\n  "size": 3\n}\n'
    assert json_files.read(str(tmp_path / "deep" / "x.json")) == {
        "name": "là",
        "size": 3,
    }


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\xff", b""])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(UserError, match="/x.json is no JSON: "):
        json_files.read(tmp_path / "x.json")


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(MissingFileError, match="/x.json: No such file"):
        json_files.read(tmp_path / "x.json")
    with pytest.raises(UserError, match="Is a directory; name a file"):
        json_files.read(tmp_path)


def test_lines_come_back_whatever_their_texts_hold(storage):
    path = files.as_path(storage) / "deep/x.jsonl"
    lines = [{"text": "a\u2028b\x85"}, {"text": "là"}]
    assert json_files.write_lines(path, iter(lines)) == 2
    assert path.read_text(encoding="utf-8").count("\n") == 2
    assert list(json_files.read_lines(path, ["text"])) == lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"step": 1, "a": 2}\nno\n', "x.jsonl, line 2: no JSON"),
        ("[1]\n", "line 1: no object with a, step"),
        ('{"a": 1}', "line 1: no object with a, step"),
        ('{"st', "line 1: no JSON"),
    ],
)
def test_a_broken_line_names_file_and_line(tmp_path, text, message):
    (tmp_path / "x.jsonl").write_text(text)
    with pytest.raises(UserError, match=message):
        list(json_files.read_lines(tmp_path / "x.jsonl", ["step", "a"]))


def test_a_line_cut_by_a_kill_is_passed_over_in_a_log(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"step": 1}\n\n{"st')
    assert list(json_files.read_lines(path, is_growing=True)) == [{"step": 1}]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
