"""A run keeps the number of readers that it began with."""

import json

import jax
import pytest

from pali_tf.checkpoints import folders
from pali_tf.partitioning import process_rows
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.run import data_readers


@pytest.fixture
def mesh():
    return PjitPartitioner().mesh()


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A run that has a checkpoint, of four readers."""
    folder = folders.path_of(tmp_path, 5) / "progress"
    folder.mkdir(parents=True)
    (folder / "metadata").write_text(json.dumps({"num_readers": 4}))
    monkeypatch.setattr(folders, "complete_steps", lambda _: [5])
    return tmp_path


def test_one_for_each_process_that_has_rows_of_its_own(tmp_path, mesh):
    assert jax.process_count() == 1
    assert data_readers.settle_number(tmp_path, None, mesh) == 1


def test_a_run_goes_on_as_it_began(begun, mesh):
    assert data_readers.settle_number(begun, None, mesh) == 4


def test_what_is_asked_for_is_left_to_the_check_of_the_checkpoint(begun, mesh):
    assert data_readers.settle_number(begun, 2, mesh) == 2


def test_readers_that_do_not_divide_are_told(begun, mesh, monkeypatch, caplog):
    monkeypatch.setattr(process_rows, "num_row_groups", lambda _: 3)
    assert data_readers.settle_number(begun, None, mesh) == 4
    assert "4 readers do not divide over the 3 processes" in caplog.text


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
