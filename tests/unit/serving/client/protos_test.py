import subprocess
import sys

import pytest

_CLIENT_THEN_TENSORFLOW = """
import sys
import pali_tf.commands.ask
from serving.client.protos import predict_pb2
print("tensorflow" in sys.modules, "numpy" in sys.modules)
import tensorflow as tf
request = predict_pb2.PredictRequest()
request.inputs["x"].CopyFrom(tf.make_tensor_proto([b"a"]))
print(tf.make_ndarray(request.inputs["x"]))
"""


@pytest.mark.slow
def test_the_client_leaves_tensorflow_out_and_usable():
    shown = subprocess.run(
        [sys.executable, "-c", _CLIENT_THEN_TENSORFLOW],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.split("\n")[:2] == ["False True", "[b'a']"]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
