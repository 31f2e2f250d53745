"""The page: it escapes, it needs nothing outside, it says what is absent."""

import html.parser
import json
import re

import pytest

from pali_tf.cli import main as pali
from pali_tf.reporting.main import main
from tests.support import made_up_run

VOID = {"meta", "img", "br", "link", "rect", "circle", "line", "polyline"}


class Structure(html.parser.HTMLParser):
    """Checks that tags nest, and collects addresses and text."""

    def __init__(self):
        super().__init__()
        self.open, self.addresses, self.scripts = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.addresses += [v for k, v in attrs if k in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def structure_of(text):
    parser = Structure()
    parser.feed(text)
    assert parser.open == []
    return parser


@pytest.fixture
def run(tmp_path):
    """Folders of a made-up run, whole."""
    model, vision = tmp_path / "model", tmp_path / "vision"
    made_up_run.write_training(model, steps=200, period=20)
    made_up_run.write_vision(vision)
    made_up_run.write_settings(model)
    for task in made_up_run.TASKS:
        made_up_run.write_evaluation(
            model,
            task,
            metrics={"exact_match": 0.5, "blind/exact_match": 0.25},
            examples=[
                {
                    "example_id": f"scene-test-{n}",
                    "input": "Answer in EN: <b>what</b>? <extra_id_0>",
                    "target": "a & b",
                    "prediction": "<script>alert(1)</script>",
                    "blind_prediction": "none",
                    "score": -1.0,
                }
                for n in range(9)
            ],
            step=200,
        )
    answers = tmp_path / "answers.json"
    answers.write_text(
        json.dumps(
            [
                {
                    "image_source_id": "scene-test-1",
                    "prompt": "Answer in EN: how many? <extra_id_0>",
                    "target": "3",
                    "prediction": "3",
                    "text": "<i>3</i>",
                    "score": -0.25,
                    "latency_ms": 12.4,
                }
            ]
        )
    )
    return model, vision, answers


def report(tmp_path, *arguments):
    output = tmp_path / "out/report.html"
    assert main([*map(str, arguments), f"--output={output}"]) == 0
    return output.read_text(encoding="utf-8")


def test_a_whole_run(tmp_path, run):
    model, vision, answers = run
    text = report(
        tmp_path, model, f"--vision_dir={vision}", f"--answers={answers}"
    )
    page = structure_of(text)
    assert page.scripts == 0
    assert all(a.startswith(("#", "data:")) for a in page.addresses)
    assert not re.search(r"url\(|@import|https?://", text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "&lt;i&gt;3&lt;/i&gt;" in text
    assert "the evaluation wrote: 3" in text
    assert text.count('<article class="card">') == 8 * 6
    assert "7 of 7" not in text
    assert "8 of 8" in text
    assert "TRAIN_STEPS = 2600" in text
    assert "jax 0.10.2, keras 3.15.1" in text


def test_a_run_with_nothing_says_what_is_absent(tmp_path):
    text = report(tmp_path, tmp_path)
    structure_of(text)
    for words in (
        "No evaluation was found",
        "No training was found",
        "no --vision_dir",
        "No predictions were found",
        "No answers were given",
        "environment.json is absent",
        "config.gin is absent",
        "model-info.txt is absent",
    ):
        assert words in text


def test_a_wrong_folder_is_one_line(tmp_path, capsys):
    assert pali(["report", str(tmp_path / "absent"), "--output=x"]) == 2
    error = capsys.readouterr().err
    assert error == f"pali: There is no folder {tmp_path / 'absent'}.\n"


def test_nothing_half_written_is_left(tmp_path, run):
    report(tmp_path, run[0])
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["report.html"]


def test_another_run_stands_beside(run, tmp_path):
    other = tmp_path / "other"
    made_up_run.write_training(other, steps=60, period=20)
    made_up_run.write_evaluation(
        other,
        made_up_run.TASKS[0],
        metrics={"exact_match": 0.123, "blind/exact_match": 0.25},
        examples=[],
        step=60,
    )
    output = tmp_path / "both.html"
    main(
        [
            str(tmp_path / "model"),
            f"--compare=free scenes={other}",
            f"--output={output}",
        ]
    )
    text = output.read_text()
    structure_of(text)
    assert "Beside it: free scenes" in text
    assert "0.123" in text


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
