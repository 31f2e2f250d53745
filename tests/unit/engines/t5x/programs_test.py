"""Run files bind all of T5X's functions, whichever program reads them."""

import sys
import types

import pytest

from pali_tf.engines.t5x.programs import complete_main


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
