"""The page: it escapes, it needs nothing outside, it says what is absent."""

import html.parser
import json
import re
import subprocess
import sys

import pytest

from pali_tf import files
from pali_tf.cli import main as pali
from pali_tf.commands.report import main
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
    (tmp_path / "train").mkdir()
    text = report(tmp_path, tmp_path)
    structure_of(text)
    for words in (
        "No evaluation was found",
        "No training was found",
        "no numbers of its training yet",
        "There is no checkpoint",
        "No task was evaluated twice",
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


def test_a_path_of_no_storage_is_told_with_the_usage(capsys):
    with pytest.raises(SystemExit):
        main(["abc://bucket/run"])
    error = capsys.readouterr().err
    assert "argument model_dir: abc://bucket/run is on no storage" in error


def test_nothing_half_written_is_left(tmp_path, run):
    report(tmp_path, run[0])
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["report.html"]


@pytest.fixture
def others(run, tmp_path):
    """The whole run, and two shorter ones to compare it with."""
    for name in ("other", "third"):
        made_up_run.write_training(tmp_path / name, steps=60, period=20)
        made_up_run.write_settings(tmp_path / name)
    (tmp_path / "other/config.gin").write_text("TRAIN_STEPS = 60\n")
    made_up_run.write_evaluation(
        tmp_path / "other",
        made_up_run.TASKS[0],
        metrics={"exact_match": 0.123, "blind/exact_match": 0.25},
        examples=[],
        step=60,
    )
    return tmp_path / "other", tmp_path / "third"


def test_other_runs_stand_beside(run, others, tmp_path):
    text = report(
        tmp_path,
        run[0],
        f"--compare=free scenes={others[0]}",
        f"--compare={others[1]}",
    )
    structure_of(text)
    assert "Against other runs" in text
    assert "Beside it: free scenes" in text
    assert f"Beside it: {others[1]}" in text
    assert "0.123" in text
    assert "It was not evaluated." in text
    (row,) = re.findall(r"TRAIN_STEPS</td>(.*?)</tr>", text, re.DOTALL)
    values = re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)
    assert [value.strip() for value in values] == ["2600", "60"]
    # Nothing differs in the files of the third.
    assert text.count('<table class="wide differences">') == 1


def test_curves_of_runs_lie_over_each_other(run, others, tmp_path):
    text = report(tmp_path, run[0], f"--compare={others[0]}")
    against = text.split('id="against"')[1]
    (loss,) = re.findall(
        r'<svg class="plot"[^>]*aria-label="Loss \(nats.*?</svg>', against
    )
    assert "this run: " in loss
    assert f"{others[0]}: " in loss
    assert 'class="series-2"' in loss
    assert "Validation loss (nats a token): no points" in against


def test_alone_a_run_is_compared_with_none(run, tmp_path):
    assert 'id="against"' not in report(tmp_path, run[0])


def test_validation_is_drawn_over_training(run, tmp_path):
    without = report(tmp_path, run[0])
    assert "No validation was run" in without
    made_up_run.write_validation(run[0], steps=[50, 100, 200])
    text = report(tmp_path, run[0])
    assert "No validation was run" not in text
    assert text.count("validation: ") == 1 + 2 * len(made_up_run.TASKS)


def test_what_was_written_changes_over_the_steps(run, tmp_path):
    made_up_run.write_predictions(
        run[0], "webli_ocr", steps=[100, 200], right=[200, 200, 200]
    )
    text = report(tmp_path, run[0])
    structure_of(text)
    section = text.split('id="samples"')[1].split("</section>")[0]
    assert "<th>step 100</th><th>step 200</th>" in section
    assert section.count("guess 100") == 3
    assert section.count("✓") == 3


def test_the_mfu_is_drawn_against_a_stated_peak(run, tmp_path):
    (run[0] / "environment.json").write_text(
        json.dumps({"device_kind": "cpu", "step": {"model_flops": 1e9}})
    )
    without = report(tmp_path, run[0])
    assert "kind &#39;cpu&#39; is not known here" in without
    assert "MFU (share of the peak)" not in without
    text = report(tmp_path, run[0], "--peak_flops=1e11")
    assert "MFU (share of the peak)" in text
    assert "1 x 0.1 TFLOP/s (as stated)" in text


def test_checkpoints_and_restarts_are_listed(run, tmp_path):
    made_up_run.write_checkpoint(run[0], 200)
    made_up_run.write_session(run[0], start_step=0, last_step=120)
    made_up_run.write_session(run[0], start_step=100, last_step=200)
    text = report(tmp_path, run[0])
    structure_of(text)
    assert "2 processes have trained" in text
    assert "20 steps that were logged had to be done again" in text
    assert "checkpoint_200</td>" in text


def test_broken_files_are_named_on_the_page_and_the_terminal(
    run, tmp_path, capsys
):
    (run[0] / "environment.json").write_text("{")
    text = report(tmp_path, run[0])
    assert "Some files are broken" in text
    assert "environment.json is no JSON: " in text
    assert "broken: " in capsys.readouterr().out


@pytest.mark.slow
def test_the_page_lies_in_the_run_by_default(run, storage, capsys):
    made_up_run.write_validation(run[0], steps=[50, 100])
    made_up_run.write_checkpoint(run[0], 200)
    made_up_run.write_session(run[0], start_step=0, last_step=7)
    stored = files.as_path(storage) / "model"
    for name in files.list_files(run[0]):
        files.write_whole(stored / name, (run[0] / name).read_bytes())
    argv = [str(stored), f"--compare=itself={stored}"]
    assert main(argv) == 0
    text = (stored / "report.html").read_text(encoding="utf-8")
    assert "<h1>model</h1>" in text and "Beside it: itself" in text
    assert "checkpoint_200</td>" in text and "2.0 MB" in text
    assert "One process has trained, without an interruption" in text
    assert text.count("validation: ") == 1 + 2 * len(made_up_run.TASKS)
    assert text.count('<article class="card">') == 8 * 6
    assert str(stored / "report.html") in capsys.readouterr().out
    assert pali(["report", f"{storage}/modl"]) == 2
    assert "modl; did you mean 'model'?\n" in capsys.readouterr().err


def test_a_run_that_is_none_is_one_line_with_the_nearest(run, capsys):
    assert pali(["report", str(run[0].parent / "mode")]) == 2
    error = capsys.readouterr().err
    assert error.endswith(f"mode; did you mean {run[0].name!r}?\n")
    assert pali(["report", str(run[0]), "--compare=/nowhere"]) == 2
    assert "There is no folder /nowhere" in capsys.readouterr().err


def test_a_report_needs_neither_tensorflow_nor_jax(run, tmp_path):
    made_up_run.write_session(run[0], start_step=0, last_step=3)
    code = (
        "import sys\n"
        "from pali_tf.commands.report import main\n"
        f"main([{str(run[0])!r}, '--output={tmp_path}/x.html'])\n"
        "print(sorted({'tensorflow', 'jax', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
