"""The frame of a page, and that text of others stays text."""

import jinja2
import pytest

from pali_tf.reporting import page_kit


@pytest.mark.parametrize("package", ["pali_tf.reporting", "pali_tf.inspection"])
def test_both_rooms_find_the_frame_and_escape(package):
    frame = page_kit.environment(package).get_template("page.html.j2")
    text = frame.render(title="<b>", tiles=[("1", "<i>")], command="report")
    assert "<title>&lt;b&gt;</title>" in text and "&lt;i&gt;" in text
    assert ":root" in text


def test_what_is_not_given_is_an_error():
    frame = page_kit.environment("pali_tf.reporting").get_template(
        "page.html.j2"
    )
    with pytest.raises(jinja2.UndefinedError, match="title"):
        frame.render(tiles=[], command="report")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
