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


@pytest.mark.parametrize(
    ("is_installed", "engine"), [(True, "t5x"), (False, "native")]
)
def test_the_launcher_takes_t5x_where_it_is(
    main, monkeypatch, tmp_path, is_installed, engine
):
    """The launcher's own folder, a package without code, does not count."""
    main.__file__ = str(tmp_path / "t5x" / "train.py")
    package = tmp_path / "t5x"
    package.mkdir()
    if is_installed:
        (package / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert chosen_engine() == engine


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
