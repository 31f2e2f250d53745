"""What is written is read; a damaged file is named."""

import pytest

from pali_tf import json_files
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


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
