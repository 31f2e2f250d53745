"""How processes are named; tests/integration has them meet and part."""

import argparse

import jax
import pytest

from pali_tf.run import processes
from pali_tf.run.processes import ProcessFlags


def parse(*arguments):
    parser = argparse.ArgumentParser()
    processes.add_flags(parser)
    return processes.flags_of(parser.parse_args(arguments))


def test_alone_by_default():
    assert parse() == ProcessFlags()
    with processes.joined(ProcessFlags()):
        assert processes.is_first()


@pytest.mark.parametrize("flag", ["--multiprocess", "--multiprocess_gpu"])
def test_jax_may_find_everything_by_itself(flag):
    assert parse(flag) == ProcessFlags(is_multiprocess=True)


def test_the_flags_of_t5x():
    flags = parse(
        "--coordinator_address=10.0.0.1:8476",
        "--process_count=4",
        "--process_index=3",
        "--initialization_timeout=60",
        "--heartbeat_timeout=30",
    )
    assert flags == ProcessFlags(
        is_multiprocess=True,
        coordinator_address="10.0.0.1:8476",
        process_count=4,
        process_index=3,
        initialization_timeout=60,
        heartbeat_timeout=30,
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"process_count": 0}, "--process_count is 0"),
        ({"process_count": 2, "process_index": 2}, "not in 0 to 1"),
        ({"coordinator_address": "host"}, "such as host:8476"),
        ({"heartbeat_timeout": 0}, "--heartbeat_timeout must be >= 1"),
    ],
)
def test_impossible_values(more, message):
    with pytest.raises(ValueError, match=message):
        ProcessFlags(**more)


def test_what_jax_cannot_find_is_asked_for(monkeypatch):
    def initialize(**options):
        raise ValueError("coordinator_address should be defined.")

    monkeypatch.setattr(jax.distributed, "initialize", initialize)
    with pytest.raises(ValueError, match="name --coordinator_address=HOST"):
        with processes.joined(ProcessFlags(is_multiprocess=True)):
            raise AssertionError("There is no cluster here.")


def test_a_lost_process_is_told_however_its_loss_shows(monkeypatch):
    monkeypatch.setattr(jax.distributed, "initialize", lambda **_: None)
    flags = ProcessFlags(process_count=2, process_index=0, is_multiprocess=True)
    with pytest.raises(processes.LostProcessError, match=r"\(Gloo .* closed\)"):
        with processes.joined(flags):
            try:
                raise RuntimeError("Gloo all-reduce failed: closed")
            finally:
                # Closing a checkpoint that waits for the lost one.
                raise KeyError("barrier")
    with pytest.raises(KeyError, match="ours"):
        with processes.joined(flags):
            raise KeyError("ours")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
