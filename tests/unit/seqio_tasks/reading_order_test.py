import pytest
import tensorflow as tf

from seqio_tasks.reading_order import reading_order


def order(corners, height=0.2):
    y = tf.constant([c[0] for c in corners], tf.float32)
    x = tf.constant([c[1] for c in corners], tf.float32)
    return reading_order(y, x, y + height).numpy().tolist()


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ([(0.1, 0.8), (0.12, 0.1), (0.6, 0.3)], [1, 0, 2]),
        ([(0.6, 0.0), (0.1, 0.9)], [1, 0]),
        ([(0.3, 0.3)], [0]),
        ([], []),
        ([(0.0, 0.5), (0.0, 0.4), (0.0, 0.3)], [2, 1, 0]),
    ],
)
def test_lines_then_left_to_right(corners, expected):
    assert order(corners) == expected


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
