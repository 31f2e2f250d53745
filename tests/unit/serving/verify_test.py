import pytest
import tensorflow as tf

from serving.verify import verify
from serving.warmup import write_warmup_requests
from tests.support import toy_saved_model


def test_the_signatures_and_the_warm_up_requests(tmp_path):
    path = toy_saved_model.write(tmp_path, 1)
    write_warmup_requests(path, "pali")
    assert verify(path) == 3


def test_a_model_of_another_kind_is_named(tmp_path):
    module = tf.Module()
    function = tf.function(lambda x: {"y": x}).get_concrete_function(
        tf.TensorSpec([None], tf.float32, "x")
    )
    tf.saved_model.save(
        module, str(tmp_path), signatures={"serving_default": function}
    )
    with pytest.raises(
        ValueError,
        match=r"'serving_default' has \['x'\], not \['image_bytes', 'prompt'\]",
    ):
        verify(tmp_path)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
