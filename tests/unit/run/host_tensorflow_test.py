import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

WORK = "tf.constant(1.0) + 1.0\n"
SET_UP = "host_tensorflow.set_up()\n"


def threads_and_devices(*steps):
    """What a new process has after these steps."""
    code = (
        "import json\nimport tensorflow as tf\n"
        "from pali_tf.run import host_tensorflow\n"
        + "".join(steps)
        + "threads = tf.config.threading.get_intra_op_parallelism_threads()\n"
        "devices = {d.device_type for d in tf.config.get_visible_devices()}\n"
        "print(json.dumps([threads, sorted(devices)]))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return json.loads(result.stdout.splitlines()[-1])


def test_an_operation_has_one_thread_and_no_accelerator():
    assert threads_and_devices(SET_UP, SET_UP, WORK, SET_UP) == [1, ["CPU"]]


def test_where_tensorflow_has_worked_already_it_keeps_its_threads():
    # 0: as many as there are cores.
    assert threads_and_devices(WORK, SET_UP) == [0, ["CPU"]]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
