"""Reading a run: the latest numbers, what is absent, what is broken."""

import json

import pytest

from pali_tf.reporting.run_record import read_run, spread
from tests.support import made_up_run


def test_an_empty_folder_is_a_run_with_nothing(tmp_path):
    run = read_run(model_dir=tmp_path)
    assert run.training == run.vision == run.tasks == run.answers == []
    assert run.config is run.model_info is run.environment is None


def test_the_latest_evaluation_counts(tmp_path):
    example = {"example_id": "a", "target": "1", "prediction": "2"}
    made_up_run.write_evaluation(
        tmp_path,
        "webli_ocr",
        metrics={"cer": 0.8, "blind/cer": 0.9},
        examples=[example],
        step=20,
    )
    (task,) = read_run(model_dir=tmp_path).tasks
    assert task.name == "webli_ocr"
    assert task.scores == {"cer": 0.8, "blind/cer": 0.9}
    assert task.examples == [example]


def test_broken_files_are_named_and_the_rest_is_read(tmp_path):
    made_up_run.write_settings(tmp_path)
    made_up_run.write_training(tmp_path, steps=40, period=20)
    (tmp_path / "environment.json").write_text("{")
    with open(tmp_path / "train/metrics.jsonl", "a") as file:
        file.write('no\n{"step": 60}\n')
    run = read_run(model_dir=tmp_path)
    assert [line["step"] for line in run.training] == [20, 40]
    assert run.environment is None
    assert run.config is not None
    assert len(run.faults) == 2
    assert "train/metrics.jsonl, line 3: no JSON" in run.faults[0]
    assert run.faults[0].endswith("What follows that line is not shown.")
    assert "environment.json is no JSON: " in run.faults[1]


def test_an_evaluation_without_a_line_is_none(tmp_path):
    made_up_run.write_lines(tmp_path / "inference_eval/x-metrics.jsonl", [])
    assert read_run(model_dir=tmp_path).tasks == []


def test_validation_by_task_and_of_all(tmp_path):
    made_up_run.write_validation(tmp_path, steps=[10, 20])
    validation = read_run(model_dir=tmp_path).validation
    assert set(validation) == {"", *made_up_run.TASKS}
    assert [line["step"] for line in validation[""]] == [10, 20]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        read_run(model_dir=tmp_path / "absent")
    with pytest.raises(FileNotFoundError, match="no folder"):
        read_run(model_dir=tmp_path, vision_dir=tmp_path / "absent")


@pytest.mark.parametrize(
    "content", ["{", '{"a": 1}', '[{"prompt": "only"}]', "[1]"]
)
def test_answers_of_another_form_are_an_error(tmp_path, content):
    path = tmp_path / "answers.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="answers.json (holds|is) no"):
        read_run(model_dir=tmp_path, answers=path)


def test_answers(tmp_path):
    answer = {"image_source_id": "a", "prompt": "q", "text": "t"}
    path = tmp_path / "answers.json"
    path.write_text(json.dumps([answer]))
    assert read_run(model_dir=tmp_path, answers=path).answers == [answer]


def test_evaluations_are_spread_evenly():
    assert spread([1, 2, 3, 4, 5], 3) == [1, 3, 5]
    assert spread([1, 2], 6) == [1, 2]
    assert spread(list(range(0, 101)), 6) == [0, 20, 40, 60, 80, 100]


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"{", "is no JSON: "), (b"[]", "no JSON object"), (b"\xff", "decode")],
)
def test_a_broken_object_is_a_fault(tmp_path, content, fault):
    (tmp_path / "environment.json").write_bytes(content)
    (found,) = read_run(model_dir=tmp_path).faults
    assert "environment.json" in found and fault in found


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
