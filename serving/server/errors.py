"""Errors that travel to the client as a gRPC code and one clear message."""

import re

import grpc
import tensorflow as tf

# Source: tensorflow/serving util/grpc_status_util.cc:24-31 @ 9d981c5c.
_MAX_MESSAGE_CHARACTERS = 1024
_TRUNCATED = "...TRUNCATED"

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_ASSERTION = re.compile(r"assertion failed: \[(.*)\]$", re.MULTILINE)
_TRACE = re.compile(
    r"Graph execution error:\s*|Detected at node .*?\(most recent call last\):"
    r"\s*<stack traces unavailable>\s*|\s*\[\[\{\{node .*|\s*\[Op:.*",
    re.DOTALL,
)
_DAMAGED = re.compile(r"jpeg::Uncompress failed|Invalid PNG data")
_ESCAPE = re.compile(r"\\(['\"\\])")


class ServingError(Exception):
    """What a request fails with."""

    def __init__(self, code: grpc.StatusCode, message: str):
        super().__init__(message)
        self.code = code
        self.message = shorten(message)


def invalid_argument(message: str) -> ServingError:
    """Makes the commonest of them."""
    return ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)


def shorten(message: str) -> str:
    """Cuts a message as TF Serving does."""
    if len(message) <= _MAX_MESSAGE_CHARACTERS:
        return message
    kept = _MAX_MESSAGE_CHARACTERS - len(_TRUNCATED)
    return message[:kept] + _TRUNCATED


def from_tensorflow(error: tf.errors.OpError) -> ServingError:
    """Translates an error of a graph.

    The model checks its inputs with tf.debugging.Assert; what such a check
    says is the message, without the wrapping that TensorFlow puts around it.

    Example: "Graph execution error: assertion failed: [image_bytes[0] is not
        a JPEG] [[{{node Assert}}]]" becomes "image_bytes[0] is not a JPEG".
    """
    text = str(error.message)
    code = _CODES.get(error.error_code, grpc.StatusCode.UNKNOWN)
    assertion = _ASSERTION.search(text)
    if assertion:
        return ServingError(code, _ESCAPE.sub(r"\1", assertion[1]))
    text = _TRACE.sub("", text).strip()
    if _DAMAGED.search(text):
        # TensorFlow's decoder does not say which image of a batch it was.
        text = f"An image of the request is damaged or cut short: {text}"
    return ServingError(code, text)
