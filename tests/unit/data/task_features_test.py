"""Tasks that are read from their beginning: SeqIO's cache, and foreign ones."""

import itertools
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import seqio
import tensorflow as tf

from pali_tf.data import data_root, input_pipeline, task_features
from pali_tf.data.batch_plan import BatchPlan
from pali_tf.data.data_root import DataRoot
from pali_tf.data.input_pipeline import Reading
from pali_tf.data.run_data import RunData
from pali_tf.data.task_choices import TaskChoices
from pali_tf.data.task_features import TaskRows
from pali_tf.errors import UserError
from seqio_tasks import named
from tests.support import stored_examples

pytestmark = pytest.mark.slow

TASK = "object_detection"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root)
    return DataRoot(str(root))


@pytest.fixture(scope="module")
def cache(root):
    program = pathlib.Path(sys.executable).with_name("seqio_cache_tasks")
    subprocess.run(
        [
            program,
            "--module_import=seqio_tasks",
            f"--tasks={TASK}",
            f"--output_cache_dir={root.path / 'cache'}",
            "--pipeline_options=--runner=FnApiRunner",
            "--min_shards=2",
            "--max_shards=2",
        ],
        check=True,
        env=os.environ | {data_root.ENVIRONMENT_VARIABLE: root.data_dir},
    )
    before = list(seqio.utils.get_global_cache_dirs())
    task_features.add_cache_dirs(f"{root.path / 'none'},{root.path / 'cache'}")
    yield
    seqio.set_global_cache_dirs(before)


def test_a_cache_that_tensorflow_cannot_read_is_refused():
    with pytest.raises(UserError, match="knows no s3://"):
        task_features.add_cache_dirs("/a,s3://bucket/cache")


def batches_of(data, num_batches, **changes):
    reading = Reading(
        feature_lengths=stored_examples.LENGTHS,
        batch_size=4,
        seed=1,
        **changes,
    )
    batches = input_pipeline.train_batches(data, reading)
    return list(itertools.islice(batches, num_batches))


def images(batches):
    return sorted(np.concatenate([b["images"] for b in batches]).sum((1, 2, 3)))


@pytest.fixture(scope="module")
def cached(root, cache):
    return batches_of(named.find(TASK, root), 4, use_cached=True)


@pytest.mark.slow
def test_an_epoch_of_the_cache_is_one_of_the_source(root, cached):
    assert images(cached[:3]) == images(batches_of(named.find(TASK, root), 3))


@pytest.mark.slow
@pytest.mark.parametrize("rows", [range(2), range(2, 4)])
def test_processes_share_it(root, cached, rows):
    part = batches_of(named.find(TASK, root), 3, use_cached=True, rows=rows)
    for found, whole in zip(part, cached, strict=False):
        for name, value in found.items():
            np.testing.assert_array_equal(value, whole[name][rows])


@pytest.mark.slow
def test_a_run_goes_on_where_it_stood(root, cached):
    data = named.find(TASK, root)
    (later,) = batches_of(data, 1, use_cached=True, start_step=3)
    for name, value in later.items():
        np.testing.assert_array_equal(value, cached[3][name])


@pytest.mark.slow
def test_an_image_is_stored_once(root, cache):
    (task,) = named.find(TASK, root).tasks
    info = pathlib.Path(task.cache_dir, "info.train.json").read_text()
    assert info.count('"image/encoded"') == 1 and '"images"' not in info


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("webli_ocr", "seqio_tasks"),
        ("ocr:webli", "seqio_tasks.imported_tasks"),
    ],
)
def test_a_task_without_a_cache_says_how_to_make_one(root, name, module):
    data = named.find(name, root)
    command = f"seqio_cache_tasks --module_import={module} --tasks={name} "
    with pytest.raises(UserError, match=command):
        batches_of(data, 1, use_cached=True)


def numbers_task(output_features):
    """A task of somebody's own: the numbers from 0 to 7."""
    side = stored_examples.LENGTHS["images"]

    def examples(split, shuffle_files, seed=None):
        del split, shuffle_files, seed
        return tf.data.Dataset.range(8, output_type=tf.int32)

    @seqio.map_over_dataset
    def preprocess(number):
        return {
            "inputs": tf.stack([number, 1]),
            "targets": tf.constant([9, 1]),
            "images": tf.zeros([side, side, 3], tf.uint8),
            "image_mask": tf.constant(False),
            "task_id": tf.constant(0),
        }

    return seqio.Task(
        "numbers",
        source=seqio.FunctionDataSource(examples, splits=["train"]),
        preprocessors=[preprocess],
        output_features=output_features,
    )


def test_a_foreign_task_beside_an_own_one(root):
    (own,) = named.find("webli_ocr", root).tasks
    tasks = [(own, 1.0), (numbers_task(own.output_features), 1.0)]
    data = RunData("both", tasks, root, TaskChoices())
    whole = batches_of(data, 6)
    number = data.task_names.index("numbers")
    is_number = [batch["task_id"] == number for batch in whole]
    numbers = np.concatenate(
        [
            batch["encoder_input_tokens"][rows, 0]
            for batch, rows in zip(whole, is_number, strict=True)
        ]
    )
    assert numbers.tolist() == [n % 8 for n in range(len(numbers))]
    assert 0 < len(numbers) < 24
    # From the third step on, a process' own rows.
    part = batches_of(data, 3, start_step=3, rows=[1, 2])
    for found, batch in zip(part, whole[3:], strict=True):
        for name, value in found.items():
            np.testing.assert_array_equal(value, batch[name][1:3])


def test_rows_of_a_task_are_told_by_the_plan():
    plan = BatchPlan({"a": 1, "b": 3}, 8, seed=5)
    chosen = TaskRows(plan, task=1, rows=range(4, 8), start_step=3)
    before = np.concatenate(
        [rows.tasks for rows in itertools.islice(plan.from_step(0), 1)]
    )
    assert chosen.num_before == np.sum(before[: 3 * 8] == 1)
    tasks = next(plan.from_step(3)).tasks
    own = (np.arange(len(tasks)) % 8 >= 4)[tasks == 1]
    np.testing.assert_array_equal(next(chosen.is_own()), own)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
