"""Which engine this process runs on: the main program tells."""

import importlib.util
import pathlib
import sys
import types
from typing import Literal

# T5X's functions that run files bind -> their modules.
_FUNCTIONS = {
    "train": "t5x.train",
    "evaluate": "t5x.eval",
    "infer": "t5x.infer",
}

EngineName = Literal["native", "t5x"]


def chosen_engine() -> EngineName:
    """Gives "t5x" where the main program is T5X's, else "native".

    T5X's are programs that import T5X's modules (its train.py, copies of it)
    and, where T5X is installed, this repository's t5x/train.py. Everything else
    runs natively, also on a host that has T5X: `pali`, its entry points, tests.
    """
    main = vars(sys.modules["__main__"])
    is_t5x = any(
        isinstance(value, types.ModuleType)
        and value.__name__.startswith("t5x.")
        for value in main.values()
    )
    return "t5x" if is_t5x or (_is_launcher(main) and _has_t5x()) else "native"


def _is_launcher(main: dict[str, object]) -> bool:
    path = pathlib.Path(str(main.get("__file__", "")))
    return path.parts[-2:] == ("t5x", "train.py")


def _has_t5x() -> bool:
    # A bare folder of that name, as this repository's, has no origin.
    spec = importlib.util.find_spec("t5x")
    return spec is not None and spec.origin is not None


def complete_main() -> None:
    """Gives the main program the functions of T5X's other programs.

    A run file binds train() under the main program's name, and eval.py and
    infer.py read it too, for its model and its data.
    """
    main = sys.modules["__main__"]
    for name, module in _FUNCTIONS.items():
        if not hasattr(main, name):
            setattr(main, name, getattr(importlib.import_module(module), name))
