import grpc
import pytest
import tensorflow as tf

from serving.server.errors import ServingError, from_tensorflow, shorten

_CHECK = tf.debugging.Assert


def _error(message: str) -> tf.errors.OpError:
    return tf.errors.InvalidArgumentError(None, None, message)


@pytest.mark.parametrize(
    ("raw", "clear"),
    [
        (
            "Graph execution error:\n\nassertion failed: [image_bytes[3] is "
            "not a JPEG: \\'x\\'.]\n\t [[{{node Assert/Assert}}]]",
            "image_bytes[3] is not a JPEG: 'x'.",
        ),
        (
            "Graph execution error:\n\nDetected at node a/b defined at (most "
            "recent call last):\n<stack traces unavailable>\nassertion "
            "failed: [no]\n\t [[{{node a/b}}]] [Op:__inference_f_2]",
            "no",
        ),
        (
            "Graph execution error:\n\njpeg::Uncompress failed. Invalid JPEG "
            "data or crop window.\n\t [[{{node DecodeJpeg}}]]",
            "An image of the request is damaged or cut short: "
            "jpeg::Uncompress failed. Invalid JPEG data or crop window.",
        ),
    ],
)
def test_the_message_is_what_the_graph_meant(raw, clear):
    error = from_tensorflow(_error(raw))
    assert error.code == grpc.StatusCode.INVALID_ARGUMENT
    assert error.message == clear


def test_a_real_assertion_in_a_session():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        message = tf.strings.join(["prompt[", tf.as_string(0), "] is too long"])
        check = _CHECK(tf.constant(False), [message])
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            session.run(check)
    assert from_tensorflow(caught.value).message == "prompt[0] is too long"


def test_codes_are_kept():
    late = tf.errors.DeadlineExceededError(None, None, "Timed out")
    assert from_tensorflow(late).code == grpc.StatusCode.DEADLINE_EXCEEDED


def test_long_messages_are_cut_as_tf_serving_does():
    assert shorten("a" * 1024) == "a" * 1024
    cut = ServingError(grpc.StatusCode.INTERNAL, "a" * 2000).message
    assert len(cut) == 1024
    assert cut.endswith("a...TRUNCATED")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
