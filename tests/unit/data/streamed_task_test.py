"""Reading what seqio_cache_tasks writes, by the program itself."""

import itertools
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import seqio

import seqio_tasks  # noqa: F401 (registers the tasks)
from pali_tf.data import input_pipeline, location, offline_cache
from tests.support import stored_examples

pytestmark = pytest.mark.slow

TASK = "object_detection"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root)
    location.set_data_dir(root)
    yield root
    location.set_data_dir(None)


@pytest.fixture(scope="module")
def cache(root):
    program = pathlib.Path(sys.executable).with_name("seqio_cache_tasks")
    subprocess.run(
        [
            program,
            "--module_import=seqio_tasks",
            f"--tasks={TASK}",
            f"--output_cache_dir={root / 'cache'}",
            "--pipeline_options=--runner=FnApiRunner",
            "--min_shards=2",
            "--max_shards=2",
        ],
        check=True,
        env=os.environ | {"PALI_DATA_DIR": str(root)},
    )
    before = list(seqio.utils.get_global_cache_dirs())
    offline_cache.add_dirs(f"{root / 'none'},{root / 'cache'}")
    yield
    seqio.set_global_cache_dirs(before)


def batches_of(task, num_batches, **kwargs):
    batches = input_pipeline.train_batches(
        seqio.TaskRegistry.get(task),
        feature_lengths=stored_examples.LENGTHS,
        batch_size=4,
        seed=1,
        **kwargs,
    )
    return list(itertools.islice(batches, num_batches))


def images(batches):
    return sorted(np.concatenate([b["images"] for b in batches]).sum((1, 2, 3)))


def test_an_epoch_of_the_cache_is_one_of_the_source(cache):
    cached = batches_of(TASK, 3, use_cached=True)
    assert images(cached) == images(batches_of(TASK, 3))


@pytest.mark.parametrize("num_readers", [2, 4])
def test_readers_share_it(cache, num_readers):
    # Two files: by files for two readers, by records for four.
    parts = batches_of(TASK, 3, use_cached=True, num_readers=num_readers)
    assert images(parts) == images(batches_of(TASK, 3))


def test_a_run_goes_on_where_it_stood(cache):
    whole = batches_of(TASK, 4, use_cached=True)
    (later,) = batches_of(TASK, 1, use_cached=True, start_step=3)
    for name, value in later.items():
        np.testing.assert_array_equal(value, whole[3][name])


def test_a_task_without_a_cache_says_how_to_make_one(root):
    with pytest.raises(
        FileNotFoundError, match="seqio_cache_tasks .*webli_ocr"
    ):
        batches_of("webli_ocr", 1, use_cached=True)


def test_an_image_is_stored_once(cache, root):
    task = seqio.TaskRegistry.get(TASK)
    info = pathlib.Path(task.cache_dir, "info.train.json").read_text()
    assert info.count('"image/encoded"') == 1 and '"images"' not in info


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
