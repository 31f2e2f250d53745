"""Which engine this process runs on."""

import sys
import types
from typing import Literal

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
