"""The list of checkpoints: whole ones and others."""

import pytest

from pali_tf.reporting.checkpoints import list_checkpoints
from tests.support import made_up_run


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
