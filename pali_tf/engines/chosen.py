"""Which engine this process runs on: the main program tells."""

import importlib
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

    T5X's programs (train.py and copies of it) import T5X's modules; `pali`,
    its entry points and tests do not. Whether T5X is installed plays no part:
    `pali train` runs natively on a host that has it.
    """
    main = sys.modules["__main__"]
    is_t5x = any(
        isinstance(value, types.ModuleType)
        and value.__name__.startswith("t5x.")
        for value in vars(main).values()
    )
    return "t5x" if is_t5x else "native"


def complete_main() -> None:
    """Gives the main program the functions of T5X's other programs.

    A run file binds train() under the main program's name, and eval.py and
    infer.py read it too, for its model and its data.
    """
    main = sys.modules["__main__"]
    for name, module in _FUNCTIONS.items():
        if not hasattr(main, name):
            setattr(main, name, getattr(importlib.import_module(module), name))
