"""The first signal is noted, the second kills."""

import os
import signal

import pytest

from pali_tf.training.interruption import SignalFlag


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_is_only_noted(number):
    before = signal.getsignal(number)
    with SignalFlag() as flag:
        assert flag.signal_number is None
        os.kill(os.getpid(), number)
        assert flag.signal_number == number
        # A second one kills.
        assert signal.getsignal(number) is signal.SIG_DFL
    assert signal.getsignal(number) is before


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
