import pytest

from pali_tf.data import task_ids


def test_an_id_is_the_place_among_the_names():
    first = task_ids.register("task_ids_test_a")
    second = task_ids.register("task_ids_test_b")
    assert second == first + 1
    assert task_ids.register("task_ids_test_a") == first
    assert task_ids.names()[second] == "task_ids_test_b"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
