"""A package's table of contents, whose modules are imported when asked for.

So a package lists what it offers and is still imported in no time, and before
Keras' backend is chosen.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def offer(
    package: str, modules: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any]]:
    """Gives the `__all__` and the `__getattr__` of a package.

    `modules` has, by name, the module below the package that holds it.
    """

    def find(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"{package} has no {name!r}.")
        module = importlib.import_module(f"{package}.{modules[name]}")
        return getattr(module, name)

    return list(modules), find
