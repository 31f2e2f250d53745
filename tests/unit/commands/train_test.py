"""What the entry point adds to the loop: work of a step, scores, flags."""

import dataclasses
import functools
import json
import types

import jax
import pytest

from pali_tf import runtime
from pali_tf.commands import train
from pali_tf.decoding.config import DecodingConfig
from pali_tf.evaluation import evaluator
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.reporting.event_files import read_numbers
from pali_tf.run import predictor
from pali_tf.training.configs import DatasetConfig
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.trainer import Trainer
from pali_tf.webli import write
from tests.support import tiny_pali

LENGTHS = {"inputs": 8, "targets": 4, "images": tiny_pali.IMAGE_SIZE}


def dataset(batch_size):
    return DatasetConfig(
        mixture_or_task_name="pali_tiny",
        task_feature_lengths=LENGTHS,
        split="train",
        batch_size=batch_size,
        shuffle=True,
        seed=0,
    )


def make_trainer(trainable):
    return Trainer(
        model=PaliTrainingModel(
            config=tiny_pali.make_config(), trainable=trainable
        ),
        partitioner=PjitPartitioner(num_partitions=1),
        num_tasks=1,
        random_seed=0,
        learning_rate_fn=lambda step: 0.1,
    )


def test_validation_batches_may_be_in_order(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "pali_tf.data.input_pipeline.train_batches",
        lambda data, reading: iter([asked.append(reading)]),
    )
    mesh = PjitPartitioner(num_partitions=1).mesh()
    batches = functools.partial(train._batches, mesh=mesh)
    config = dataclasses.replace(dataset(8), shuffle=False)
    list(train._eval_batches(batches, config, 2)())
    assert [reading.shuffle for reading in asked] == [False]


@pytest.mark.slow
def test_the_work_of_a_step_is_that_of_its_examples():
    trainer = make_trainer(".*")
    four = train._work(trainer, dataset(4))
    assert four["examples"] == 4
    assert train._work(trainer, dataset(8))["model_flops"] == (
        2 * four["model_flops"]
    )
    frozen_vision = train._work(make_trainer("(?!vision/).*"), dataset(4))
    assert 0 < frozen_vision["model_flops"] < four["model_flops"]
    json.dumps(four)


def test_scores_of_decoding_go_to_tensorboard(tmp_path, monkeypatch):
    given = {}

    def evaluate_mixture(mixture, predict_fn, **settings):
        given.update(settings)
        return {"webli_ocr": {"exact_match": settings["step"] / 10}}

    def make_predictor(*_):
        return types.SimpleNamespace(predict=print, rank=print)

    monkeypatch.setattr(evaluator, "evaluate_mixture", evaluate_mixture)
    monkeypatch.setattr(predictor, "Predictor", make_predictor)
    model = types.SimpleNamespace(decoding=DecodingConfig())
    partitioner = PjitPartitioner(num_partitions=1)
    rows = 4 * jax.device_count()
    evaluate = train._infer_eval(
        model, partitioner, dataset(rows), str(tmp_path)
    )
    state = types.SimpleNamespace(evaluated_params=dict)
    # Step 4 comes again after a kill.
    for step in (2, 4, 4):
        evaluate(state, step)
    assert given["output_dir"] == str(tmp_path)
    assert list(given["share"].rows) == list(range(rows))
    lines = read_numbers(tmp_path / "inference_eval/webli_ocr", [])
    assert [line["step"] for line in lines] == [2, 4]
    assert lines[1]["exact_match"] == pytest.approx(0.4)


def test_data_are_looked_for_before_the_first_step(tmp_path):
    (tmp_path / "my_shop").mkdir()
    write.write_split_info(tmp_path / "my_shop", "train", [])
    task = runtime.mixture("captioning:my_shop", str(tmp_path))
    found = dataclasses.replace(dataset(4), mixture_or_task_name=task)
    missing = dataclasses.replace(found, split="validation")
    train._check_data([found, None])
    with pytest.raises(FileNotFoundError, match="Present in .*my_shop/train"):
        train._check_data([found, missing])


def test_steps_that_are_no_range_are_told_before_anything_is_built():
    with pytest.raises(ValueError, match="--profile_steps=5:4 names no step"):
        train.train(
            model=None,
            model_dir="",
            train_dataset_cfg=dataset(4),
            checkpoint_cfg=None,
            partitioner=None,
            trainer_cls=None,
            total_steps=1,
            random_seed=0,
            profile_steps="5:4",
        )


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
