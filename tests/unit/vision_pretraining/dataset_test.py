"""Batches for the ViT's pre-training, from a disk and from buckets."""

import pytest

from pali_tf import files
from pali_tf.vision_pretraining import dataset
from pali_tf.vision_pretraining.config import VisionPretrainingConfig
from tests.support import stored_examples

pytestmark = pytest.mark.slow

CONFIG = VisionPretrainingConfig(image_size=16, batch_size=4, min_label_count=1)


def test_images_and_labels_of_shards(tmp_path, storage):
    stored_examples.write_data(tmp_path / "data")
    for name in files.list_files(tmp_path / "data/webli"):
        content = (tmp_path / "data/webli" / name).read_bytes()
        files.write_whole(f"{storage}/copy/webli/{name}", content)
    names = dataset.label_names(f"{storage}/copy", CONFIG)
    assert names == dataset.label_names(str(tmp_path / "data"), CONFIG)
    batches = dataset.make_dataset(f"{storage}/copy", "train", names, CONFIG)
    images, labels = next(batches.as_numpy_iterator())
    assert images.shape == (4, 16, 16, 3)
    assert labels.shape == (4, len(names)) and labels.any(axis=1).all()


def test_missing_shards_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"No shards match .*train\.tf"):
        dataset.label_names(str(tmp_path), CONFIG)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
