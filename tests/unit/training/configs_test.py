"""What a run file may not ask for."""

import pytest

from pali_tf.training import configs

DATASET = {
    "mixture_or_task_name": "pali_tiny",
    "task_feature_lengths": {"inputs": 4, "targets": 4, "images": 8},
    "split": "train",
    "batch_size": 2,
    "shuffle": True,
    "seed": 0,
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"pack": True}, "images cannot be packed"),
        ({"module": "tasks"}, "import the module"),
    ],
)
def test_dataset(changes, message):
    with pytest.raises(ValueError, match=message):
        configs.DatasetConfig(**DATASET | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"period": 0}, "period"),
        ({"keep": 0}, "keep"),
        ({"keep_best": 0}, "keep_best"),
        ({"keep_period": 0}, "keep_period"),
        ({"best_mode": "least"}, "not 'min' or 'max'"),
        ({"dtype": "bfloat16"}, "float32"),
    ],
)
def test_save(changes, message):
    with pytest.raises(ValueError, match=message):
        configs.SaveCheckpointConfig(**changes)


def test_only_an_evaluation_may_be_in_order():
    fields = {
        "mixture_or_task_name": "",
        "task_feature_lengths": {},
        "split": "validation",
        "batch_size": 1,
        "seed": 0,
    }
    configs.check_training_order(configs.DatasetConfig(shuffle=True, **fields))
    in_order = configs.DatasetConfig(shuffle=False, **fields)
    with pytest.raises(ValueError, match="of training needs shuffle=True"):
        configs.check_training_order(in_order)


def test_restore_paths():
    def paths(path):
        return configs.RestoreCheckpointConfig(path=path).paths()

    assert paths(()) == paths("") == ()
    assert paths("/a") == ("/a",)
    assert paths(["/a", "/b"]) == ("/a", "/b")


def test_one_path_where_one_is_needed():
    assert configs.RestoreCheckpointConfig(path=["/a"]).one_path() == "/a"
    with pytest.raises(ValueError, match="must name one checkpoint"):
        configs.RestoreCheckpointConfig(path=["/a", "/b"]).one_path()


def test_restore_mode():
    with pytest.raises(ValueError, match="'all'"):
        configs.RestoreCheckpointConfig(mode="all")


def test_restore_only():
    with pytest.raises(ValueError, match="is no regex"):
        configs.RestoreCheckpointConfig(only="vision/(")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
