"""Images are found by their id and inlined."""

import pytest

from pali_tf.reporting.images import data_uri, find_images
from pali_tf.webli.records import Image, Record


def test_data_uri():
    assert data_uri(b"\xff\xd8\xff\xe0") == "data:image/jpeg;base64,/9j/4A=="
    with pytest.raises(ValueError, match="no JPEG"):
        data_uri(b"hello")


def test_sources_are_read_until_every_image_is_found(tmp_path, monkeypatch):
    shelves = {"webli": "ab", "cc3m35l": "bc", "my_shop": "e"}
    for source in shelves:
        (tmp_path / source).mkdir()
        (tmp_path / source / "test.info.json").write_text("{}")
    opened = []

    def read_split(data_dir, source, split):
        opened.append(source)
        yield Record(text="no image")
        for name in shelves[source]:
            yield Record(
                image=Image(
                    encoded=name.encode(),
                    format="jpeg",
                    height=1,
                    width=1,
                    source_id=name,
                )
            )

    monkeypatch.setattr("pali_tf.reporting.images.read_split", read_split)
    assert find_images(tmp_path, {"a", "c"}) == {"a": b"a", "c": b"c"}
    assert opened == ["webli", "cc3m35l"]
    assert find_images(tmp_path, {"e"}) == {"e": b"e"}
    assert find_images(tmp_path, {"nowhere"}) == {}
    assert find_images(tmp_path, {"a"}, "train") == {}


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
