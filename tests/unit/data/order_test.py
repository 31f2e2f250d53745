import numpy as np
import pytest

from pali_tf.data.order import Order


def order(num_examples, num_lanes=1, seed=0, block_size=8):
    return Order(
        num_examples=num_examples,
        num_lanes=num_lanes,
        seed=seed,
        most_mixed=4096,
        most_read=block_size,
    )


def read(order, lane, start, count):
    counts = np.arange(start, start + count)
    return order.places(np.full(count, lane), counts)


@pytest.mark.parametrize("num_examples", [1, 2, 5, 63, 64, 65, 1000, 5000])
@pytest.mark.parametrize("num_lanes", [1, 2, 8, 32])
def test_lanes_read_each_example_once_an_epoch(num_examples, num_lanes):
    it = order(num_examples, num_lanes)
    # Enough that each lane is past the third epoch.
    count = 4 * num_examples // num_lanes + 4 * it.window + 4
    seen = [read(it, lane, 0, count) for lane in range(num_lanes)]
    for epoch in range(3):
        examples = np.concatenate([s.example[s.epoch == epoch] for s in seen])
        assert sorted(examples) == list(range(num_examples))


@pytest.mark.parametrize("num_lanes", [1, 3, 32])
def test_any_place_is_found_without_those_before(num_lanes):
    it = order(1003, num_lanes)
    whole = read(it, num_lanes - 1, 0, 5000)
    part = read(it, num_lanes - 1, 4000, 1000)
    np.testing.assert_array_equal(whole.example[4000:], part.example)
    np.testing.assert_array_equal(whole.epoch[4000:], part.epoch)


def test_epochs_and_seeds_have_other_orders():
    first = read(order(1000), 0, 0, 2000)
    other = read(order(1000, seed=1), 0, 0, 1000)
    assert (first.example[:1000] != first.example[1000:]).mean() > 0.9
    assert (first.example[:1000] != other.example).mean() > 0.9


def test_reading_is_by_blocks():
    it = order(100_000, 8, block_size=32)
    window = read(it, 3, 0, it.window)
    assert (window.window == 0).all()
    blocks = np.unique(np.diff(np.sort(window.example)) > 1, return_counts=True)
    assert it.block == 32
    # 16 blocks, and so 15 gaps between them.
    assert blocks[1].tolist() == [it.window - 1 - 15, 15]


@pytest.mark.parametrize("num_examples", [1, 5, 1003])
def test_a_block_has_its_examples(num_examples):
    it = order(num_examples, 2)
    places = read(it, 1, 0, 600)
    for epoch, block, example in zip(
        places.epoch, places.block, places.example, strict=True
    ):
        assert example in it.members(epoch, block)


def test_the_order_is_as_mixed_as_a_shuffle():
    # Of a split that is sorted by class, a batch has every class, as often as
    # an even draw gives it.
    num_examples, num_classes, batch = 64_000, 10, 256
    it = order(num_examples, batch, block_size=32)
    lanes = np.arange(batch)
    chi_squared = []
    for step in range(200):
        places = it.places(lanes, np.full(batch, step))
        classes = places.example * num_classes // num_examples
        found = np.bincount(classes, minlength=num_classes)
        expected = batch / num_classes
        chi_squared.append(((found - expected) ** 2 / expected).sum())
    # Its mean is the degrees of freedom, 9; drawn without return, below.
    assert 6 < np.mean(chi_squared) < 11


def test_a_billion_examples_take_no_longer():
    it = order(10**9 + 7, 256, block_size=64)
    places = it.places(np.arange(256), np.full(256, 10**9))
    assert len(np.unique(places.example)) > 250
    assert places.epoch.min() > 250


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
