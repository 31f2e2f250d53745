"""The first signal is noted, the second kills."""

import os
import signal

import jax
import pytest
from jax.experimental import multihost_utils

from pali_tf.run.interruption import SignalFlag


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_is_only_noted(number):
    before = signal.getsignal(number)
    with SignalFlag() as flag:
        assert flag.at(0) is None
        os.kill(os.getpid(), number)
        assert flag.signal_number == number
        assert flag.at(1) == number
        # A second one kills.
        assert signal.getsignal(number) is signal.SIG_DFL
    assert signal.getsignal(number) is before


def test_processes_agree_on_the_step_to_stop_after(monkeypatch):
    heard = []
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(
        multihost_utils, "reached_preemption_sync_point", lambda step: step == 3
    )
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("SIGTERM"))
    try:
        with SignalFlag() as flag:
            # JAX listens for SIGTERM; Ctrl-C is passed on as one.
            os.kill(os.getpid(), signal.SIGINT)
            assert heard == ["SIGTERM"]
            assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
            stops = [flag.at(step) for step in (1, 2, 3)]
        assert stops == [None, None, signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
