"""T5X's programs, as run files see them."""

import importlib
import sys

_FUNCTIONS = {
    "train": "t5x.train",
    "evaluate": "t5x.eval",
    "infer": "t5x.infer",
}


def complete_main() -> None:
    """Gives the main program the functions of T5X's other programs.

    A run file binds train() under the main program's name, and eval.py and
    infer.py read it too, for its model and its data.
    """
    main = sys.modules["__main__"]
    for name, module in _FUNCTIONS.items():
        if not hasattr(main, name):
            setattr(main, name, getattr(importlib.import_module(module), name))
