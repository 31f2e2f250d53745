import numpy as np
import pytest
import tensorflow as tf

from pali_tf.data.feature_converter import PaliFeatureConverter

LENGTHS = {"inputs": 4, "targets": 4, "images": 2}


def dataset(inputs=(7, 8, 1), targets=(5, 1)):
    return tf.data.Dataset.from_tensors(
        {
            "inputs": tf.constant(inputs, tf.int32),
            "targets": tf.constant(targets, tf.int32),
            "images": tf.fill([2, 2, 3], tf.constant(9, tf.uint8)),
            "image_mask": tf.constant([True]),
            "task_id": tf.constant([3]),
            "language": tf.constant("en"),
        }
    )


@pytest.mark.slow
def test_the_picture_of_the_docstring():
    converted = PaliFeatureConverter(pack=False)(dataset(), LENGTHS)
    (features,) = converted.as_numpy_iterator()
    expected = {
        "images": np.full([2, 2, 3], 9, np.uint8),
        "image_mask": np.bool_(True),
        "encoder_input_tokens": np.array([7, 8, 1, 0], np.int32),
        "decoder_input_tokens": np.array([0, 5, 1, 0], np.int32),
        "decoder_target_tokens": np.array([5, 1, 0, 0], np.int32),
        "decoder_loss_weights": np.array([1, 1, 0, 0], np.float32),
        "task_id": np.int32(3),
    }
    assert features.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(features[name], value)
        assert features[name].dtype == value.dtype, name


def test_shapes_are_static():
    converted = PaliFeatureConverter()(dataset(), LENGTHS)
    shapes = {k: tuple(v.shape) for k, v in converted.element_spec.items()}
    assert shapes["encoder_input_tokens"] == (4,)
    assert shapes["decoder_loss_weights"] == (4,)
    assert shapes["images"] == (2, 2, 3)


def test_lengths_of_what_is_left_out_change_nothing():
    # As seqio.Evaluator measures them.
    given = {**LENGTHS, "visual_tokens": 0, "image_mask": 1, "task_id": 1}
    converted = PaliFeatureConverter()(dataset(), given)
    assert converted.element_spec == (
        PaliFeatureConverter()(dataset(), LENGTHS).element_spec
    )


def test_packing_is_refused():
    with pytest.raises(ValueError, match="pack=False"):
        PaliFeatureConverter(pack=True)


def test_an_example_over_the_length_is_refused():
    lengths = tf.data.Dataset.from_tensors(5)
    long = tf.data.Dataset.zip(lengths, dataset()).map(
        lambda n, example: {**example, "inputs": tf.range(n)}
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="inputs"):
        list(PaliFeatureConverter()(long, LENGTHS))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
