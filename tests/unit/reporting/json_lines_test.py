"""What is broken is named; what is whole is kept."""

import pytest

from pali_tf.reporting.json_lines import FaultNotingReader, read_lines


def test_a_line_cut_by_a_kill_is_passed_over(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text('{"step": 1}\n{"st')
    assert list(read_lines(path)) == [{"step": 1}]


def test_a_broken_line_names_file_and_line(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text('{"step": 1}\nno\n{"step": 2}\n')
    with pytest.raises(ValueError, match=r"lines.jsonl, line 2: no JSON"):
        list(read_lines(path))


@pytest.mark.parametrize("line", ["[1]", '{"loss": 1}'])
def test_an_object_must_have_what_is_needed(tmp_path, line):
    path = tmp_path / "lines.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(ValueError, match="line 1: no object with step"):
        list(read_lines(path, ("step",)))


def test_the_reader_keeps_what_comes_before_a_fault(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text('{"step": 1}\nno\n{"step": 2}\n')
    reader = FaultNotingReader()
    assert reader.lines(path) == [{"step": 1}]
    (fault,) = reader.faults
    assert "line 2: no JSON" in fault
    assert fault.endswith("What follows that line is not shown.")


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"{", "holds no JSON \\("), (b"[]", "no JSON object"), (b"\xff", "text")],
)
def test_a_broken_object_is_a_fault(tmp_path, content, fault):
    path = tmp_path / "environment.json"
    path.write_bytes(content)
    reader = FaultNotingReader()
    assert reader.object(path) is None
    assert fault.replace("\\", "") in reader.faults[0]
    assert "environment.json" in reader.faults[0]


def test_what_is_absent_is_no_fault(tmp_path):
    reader = FaultNotingReader()
    assert reader.text(tmp_path / "a") is None
    assert reader.object(tmp_path / "a") is None
    assert reader.lines(tmp_path / "a") == []
    assert reader.faults == []


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
