"""What differs between two runs, name by name."""

import pytest

from pali_tf.reporting import comparison
from pali_tf.reporting.run_record import read_run


def make_run(folder, *, config=None, environment=None, info=None):
    folder.mkdir()
    for name, text in (
        ("config.gin", config),
        ("environment.json", environment),
        ("model-info.txt", info),
    ):
        if text is not None:
            (folder / name).write_text(text)
    return read_run(model_dir=folder)


def compared(tmp_path, here, there):
    return comparison.differences(
        make_run(tmp_path / "here", **here),
        make_run(tmp_path / "there", **there),
    )


def test_settings_are_compared_by_binding_and_not_by_line(tmp_path):
    settings, _, _ = compared(
        tmp_path,
        {"config": "A = 1\nf.x = %A\nf.y = \\\n    2\nONLY = 3\nf.z = %A"},
        {"config": "f.y = 2\nA = 7\nf.x = %A\nf.z = 1"},
    )
    # f.x follows A in both; f.z was 1 in one way and is so in another.
    assert list(settings.rows) == [("A", "1", "7"), ("ONLY", "3", None)]
    assert settings.num_equal == 3


def test_environments_are_compared_leaf_by_leaf(tmp_path):
    _, environment, _ = compared(
        tmp_path,
        {"environment": '{"packages": {"jax": "1", "keras": "3"}, "n": [1]}'},
        {"environment": '{"packages": {"jax": "2", "keras": "3"}, "n": [1]}'},
    )
    assert list(environment.rows) == [("packages.jax", "1", "2")]


def test_parameters_are_compared_by_path(tmp_path):
    _, _, info = compared(
        tmp_path,
        {"info": "a/kernel   shape (2, 3)  trains\nb  shape (1,)\ntotal: 2"},
        {"info": "b shape (1,)\na/kernel shape (2, 3) frozen\ntotal: 2"},
    )
    assert list(info.rows) == [
        ("a/kernel", "shape (2, 3) trains", "shape (2, 3) frozen")
    ]


def test_a_long_list_is_cut_and_says_so(tmp_path):
    many = "".join(f"NAME_{i:03d} = {i}\n" for i in range(100))
    settings, _, _ = compared(tmp_path, {"config": many}, {"config": ""})
    assert len(settings.rows) == 60
    assert settings.num_more == 40


def test_what_a_run_did_not_leave_is_told(tmp_path):
    settings, environment, _ = compared(tmp_path, {"config": "A = 1"}, {})
    assert settings.absent == "the other left none"
    assert environment.absent == "this run and the other left none"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
