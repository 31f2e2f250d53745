"""A folder that is no run is refused; the checkpoints of one that is."""

import pytest

from pali_tf.reporting.model_dir import check_model_dir, list_checkpoints
from tests.support import made_up_run


@pytest.fixture
def runs(tmp_path):
    for name in ("pali_3b", "pali_17b"):
        made_up_run.write_settings(tmp_path / name)
    made_up_run.write_checkpoint(tmp_path / "pali_3b", 20)
    return tmp_path


@pytest.mark.parametrize("left", ["train", "checkpoint_5", "inference_eval"])
def test_what_a_run_leaves_makes_its_folder_a_run(tmp_path, left):
    (tmp_path / left).mkdir()
    check_model_dir(tmp_path)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("pali_71b", r"There is no folder .*did you mean 'pali_17b' or"),
        ("other", "no folder .*/other. Known: pali_17b, pali_3b."),
        ("", "is no MODEL_DIR.* Known: pali_17b, pali_3b."),
        ("pali_3b/checkpoint_20", r"did you mean '.*/pali_3b'\?"),
        ("pali_3b/checkpoint_20/params", r"did you mean '.*/pali_3b'\?"),
        ("pali_3b/config.gin", r"did you mean '.*/pali_3b'\?"),
    ],
)
def test_the_nearest_run_is_named(runs, path, answer):
    with pytest.raises(FileNotFoundError, match=answer):
        check_model_dir(runs / path)


def test_where_no_run_is_near_nothing_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no MODEL_DIR.*>/\.$"):
        check_model_dir(tmp_path / "empty")


def test_each_folder_has_its_state(tmp_path):
    for step in (100, 20):
        made_up_run.write_checkpoint(tmp_path, step)
    (tmp_path / "checkpoint_5").mkdir()
    (tmp_path / "checkpoint_7.orbax-checkpoint-tmp-3").mkdir()
    (tmp_path / "checkpoint_9.damaged-41").mkdir()
    (tmp_path / "checkpoint_11").write_text("no folder")
    found = list_checkpoints(tmp_path)
    assert [(c.step, c.state) for c in found] == [
        (5, "half written"),
        (7, "being written, or left by a kill while it was"),
        (9, "damaged, and set aside"),
        (20, "whole"),
        (100, "whole"),
    ]
    assert found[-1].num_bytes >= 2_000_000
    assert found[0].num_bytes == 0


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
