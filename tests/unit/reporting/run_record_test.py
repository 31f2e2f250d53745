"""Reading a run: the latest numbers, what is absent, what is broken."""

import json

import pytest

from pali_tf.reporting.run_record import read_lines, read_run
from tests.support import made_up_run


def test_an_empty_folder_is_a_run_with_nothing(tmp_path):
    run = read_run(model_dir=tmp_path)
    assert run.training == run.vision == run.tasks == run.answers == []
    assert run.config is run.model_info is run.environment is None


def test_the_latest_evaluation_counts_and_blind_is_apart(tmp_path):
    example = {"example_id": "a", "input": "q", "target": "1"}
    made_up_run.write_evaluation(
        tmp_path,
        "webli_ocr",
        metrics={"cer": 0.8, "blind/cer": 0.9},
        examples=[example],
        step=20,
    )
    (task,) = read_run(model_dir=tmp_path).tasks
    assert task.name == "webli_ocr"
    assert task.step == 20
    assert task.scores == {"cer": 0.8}
    assert task.blind_scores == {"cer": 0.9}
    assert task.examples == [example]


def test_a_line_cut_by_a_kill_is_passed_over(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text('{"step": 1}\n{"st')
    assert list(read_lines(path)) == [{"step": 1}]


def test_a_broken_line_names_file_and_line(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text('{"step": 1}\nno\n{"step": 2}\n')
    with pytest.raises(ValueError, match=r"lines.jsonl, line 2: no JSON"):
        list(read_lines(path))


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
    with pytest.raises(ValueError, match="answers.json holds no"):
        read_run(model_dir=tmp_path, answers=path)


def test_answers(tmp_path):
    answer = {"image_source_id": "a", "prompt": "q", "text": "t"}
    path = tmp_path / "answers.json"
    path.write_text(json.dumps([answer]))
    assert read_run(model_dir=tmp_path, answers=path).answers == [answer]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
