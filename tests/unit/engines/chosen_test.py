"""The main program decides which engine runs."""

import sys
import types

import pytest

from pali_tf.engines.chosen import chosen_engine


@pytest.fixture
def main(monkeypatch):
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


def test_a_program_of_t5x_runs_on_t5x(main):
    # As `from t5x import trainer as trainer_lib` leaves it.
    main.trainer_lib = types.ModuleType("t5x.trainer")
    assert chosen_engine() == "t5x"


def test_any_other_program_runs_natively(main, monkeypatch):
    main.os = types.ModuleType("os")
    main.words = "t5x.trainer"
    # That T5X is installed, or imported by something else, plays no part.
    monkeypatch.setitem(sys.modules, "t5x", types.ModuleType("t5x"))
    assert chosen_engine() == "native"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
