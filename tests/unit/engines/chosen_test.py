"""The main program decides which engine runs."""

import sys
import types

import pytest

from pali_tf.engines.chosen import chosen_engine, complete_main


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


def test_a_program_gets_the_functions_that_it_lacks(monkeypatch):
    main = types.ModuleType("__main__")
    vars(main)["infer"] = "its own"
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setitem(sys.modules, "t5x", types.ModuleType("t5x"))
    for program, name in (
        ("train", "train"),
        ("eval", "evaluate"),
        ("infer", "infer"),
    ):
        module = types.ModuleType(f"t5x.{program}")
        setattr(module, name, f"T5X's {name}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
    complete_main()
    found = {name: vars(main)[name] for name in ("train", "evaluate", "infer")}
    assert found == {
        "train": "T5X's train",
        "evaluate": "T5X's evaluate",
        "infer": "its own",
    }


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
