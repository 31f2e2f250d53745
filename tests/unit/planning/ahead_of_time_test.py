"""The real step, compiled for TPUs that are not here."""

import json
import subprocess
import sys

import pytest

from pali_tf.planning.ahead_of_time import out_of_memory
from pali_tf.planning.topology import is_libtpu_installed
from tests.support.repository import ROOT

MESSAGE = (
    "RESOURCE_EXHAUSTED: Ran out of memory on HBM, the total memory required "
    "for HLO temporaries (39.99G) exceeds available HBM (30.75G).\nmore"
)
# A process of its own: libtpu holds one for as long as it lives.
CHILD = """
import dataclasses, json
from pali_tf.backend import set_backend
set_backend("jax")
from pali_tf.planning import hlo_collectives
from pali_tf.planning.ahead_of_time import compile_step
from pali_tf.planning.interconnect import sum_traffic
from pali_tf.planning.topology import make_devices, parse_topology
from tests.support.planned_run import make_run
from tests.support.tiny_pali import make_config
topology = parse_topology("v4:2x2x1")
run = make_run(
    make_config(depth=3, scan_layers=True, dtype="bfloat16"),
    devices=make_devices(topology), num_partitions=2)
step = compile_step(run)
found, unknown = hlo_collectives.find_collectives(step.hlo)
rows = sum_traffic(found, run.trainer.mesh, topology)
print(json.dumps({
    "state": step.state_bytes, "arguments": step.arguments_bytes,
    "peak": step.peak_bytes, "unknown": unknown,
    "axes": sorted({axis for row in rows for axis in row.axes}),
    "times": sum(row.times for row in rows)}))
"""


def test_what_does_not_fit_is_read_from_the_message():
    found = out_of_memory(MESSAGE, 20.0)
    assert found.needs_bytes == int(39.99 * 2**30)
    assert found.available_bytes == int(30.75 * 2**30)
    assert found.message.endswith("(30.75G).")


def test_a_message_without_numbers_is_kept():
    found = out_of_memory("RESOURCE_EXHAUSTED: no room", 1.0)
    assert (found.needs_bytes, found.available_bytes) == (0, 0)
    assert "no room" in found.message


@pytest.mark.slow
@pytest.mark.skipif(
    not is_libtpu_installed(), reason="needs libtpu: pip install 'pali_tf[tpu]'"
)
def test_a_small_step_compiles_for_a_slice():
    ended = subprocess.run(
        [sys.executable, "-c", CHILD],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    found = json.loads(ended.stdout.splitlines()[-1])
    assert 0 < found["state"] <= found["arguments"] <= found["peak"]
    assert found["unknown"] == []
    # Both the sums of gradients and those of the split products are there.
    assert found["axes"] == ["data", "model"]
    # Those within the scanned blocks run three times each.
    assert found["times"] >= 3 * 2


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
