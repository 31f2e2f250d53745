import subprocess
import sys

import pytest

STEP = """
import resource
import statistics
import jax
import jax.numpy as jnp
from pali_tf.run import host_memory
{set_up}
step = jax.jit(lambda x: x + 1.0)
x = jnp.ones((4096, 4096))
def page_faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    jax.block_until_ready(step(x))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(statistics.median(page_faults() for _ in range(20)))
"""


def faults_of_a_step(set_up):
    result = subprocess.run(
        [sys.executable, "-c", STEP.format(set_up=set_up)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(result.stdout)


@pytest.mark.slow
def test_a_step_uses_the_memory_of_the_one_before():
    # It makes 64 MiB: 16,384 pages.
    assert faults_of_a_step("host_memory.keep_between_steps()") < 100
    assert faults_of_a_step("") > 16_000


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
