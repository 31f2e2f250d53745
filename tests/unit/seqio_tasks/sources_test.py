"""The shares of a source, which readers of one run take."""

import pytest
import seqio

from pali_tf.data import location
from seqio_tasks.sources import StoredExamples
from tests.support import stored_examples

NUM_RECORDS = 12


@pytest.fixture(scope="module", autouse=True)
def located(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=NUM_RECORDS)
    location.set_data_dir(root)
    yield
    location.set_data_dir(None)


def ids(index=0, count=1, *, shuffle=True, seed=0):
    source = StoredExamples("webli", ["caption/text"])
    share = seqio.ShardInfo(index=index, num_shards=count)
    dataset = source.get_dataset(
        shuffle=shuffle, seed=seed, shard_info=share if count > 1 else None
    )
    return [
        example["image/source_id"].decode()
        for example in dataset.as_numpy_iterator()
    ]


# Two files a split: two shares are files, more are records.
@pytest.mark.parametrize("count", [2, 3, 5, NUM_RECORDS])
@pytest.mark.parametrize("shuffle", [True, False])
def test_shares_are_a_partition(count, shuffle):
    # Each reader shuffles by a seed of its own.
    shares = [ids(i, count, shuffle=shuffle, seed=i) for i in range(count)]
    assert all(shares)
    together = [name for share in shares for name in share]
    assert sorted(together) == sorted(ids())
    assert len(set(together)) == NUM_RECORDS


def test_shares_of_equal_numbers_of_files_are_files():
    assert {name[-1] in "02468" for name in ids(0, 2)} == {True}


def test_there_must_be_a_record_for_each():
    with pytest.raises(ValueError, match="12 records, too few for 13 readers"):
        ids(0, 13)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
