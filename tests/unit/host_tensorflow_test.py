import subprocess
import sys

import pytest

CODE = """
import tensorflow as tf
from pali_tf import host_tensorflow
host_tensorflow.set_up()
host_tensorflow.set_up()
tf.constant(1.0) + 1.0
host_tensorflow.set_up()
assert tf.config.threading.get_intra_op_parallelism_threads() == 1
assert tf.config.get_visible_devices() == tf.config.list_physical_devices("CPU")
"""


def test_an_operation_has_one_thread_and_no_accelerator():
    subprocess.run([sys.executable, "-c", CODE], check=True)


def test_where_tensorflow_has_worked_already_it_goes_on():
    code = "import tensorflow as tf\ntf.constant(1.0) + 1.0\n" + (
        "from pali_tf import host_tensorflow\nhost_tensorflow.set_up()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
