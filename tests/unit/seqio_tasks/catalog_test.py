"""What has a name, and that SeqIO's own programs know it too."""

import pytest
import seqio

import seqio_tasks
from pali_tf.data import data_root
from pali_tf.data.data_root import DataRoot
from pali_tf.errors import UserError
from seqio_tasks import (
    captioning,
    catalog,
    classification,
    named,
    pretraining,
    text,
    vqa,
)
from seqio_tasks.objectives import OBJECTIVES

MODULES = (pretraining, captioning, classification, text, vqa)


def test_every_task_has_a_name_of_its_own():
    assert len(catalog.TASKS) == sum(len(module.TASKS) for module in MODULES)
    for name, task in catalog.TASKS.items():
        assert task.name == name
        assert task.objective.metric_fns
        assert ":" not in name
    assert not catalog.TASKS.keys() & catalog.MIXTURES.keys()


def test_mixtures_are_of_tasks_that_there_are():
    for rates in catalog.MIXTURES.values():
        assert rates.keys() <= catalog.TASKS.keys()
        assert min(rates.values()) > 0


def test_seqio_knows_all_of_them():
    assert seqio_tasks.__file__
    assert seqio.TaskRegistry.names() >= catalog.TASKS.keys()
    for name, rates in catalog.MIXTURES.items():
        mixture = seqio.MixtureRegistry.get(name)
        found = {task.name: mixture.get_rate(task) for task in mixture.tasks}
        assert found == rates


@pytest.mark.parametrize("name", ["pali_pretrain", "pali_tiny", "webli_ocr"])
def test_tasks_are_there_without_data(name, monkeypatch):
    monkeypatch.delenv(data_root.ENVIRONMENT_VARIABLE, raising=False)
    for task in named.find(name).tasks:
        with pytest.raises(UserError, match="pali sample-data"):
            task.num_input_examples("train")


@pytest.mark.parametrize("name", OBJECTIVES)
def test_data_that_are_not_there_are_told_when_read(name, tmp_path):
    (task,) = named.find(f"{name}:my_shop", DataRoot(str(tmp_path))).tasks
    with pytest.raises(FileNotFoundError, match="my_shop/train.info.json"):
        task.source.list_shards("train")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
