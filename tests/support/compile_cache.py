"""Compiles what several tests of a module compile only once."""

import contextlib
import pathlib
from collections.abc import Iterator

import jax
from jax.experimental.compilation_cache import compilation_cache

_SETTINGS = {
    "jax_compilation_cache_dir": None,
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}


@contextlib.contextmanager
def compile_cache(directory: pathlib.Path) -> Iterator[None]:
    """Keeps compiled functions in `directory` for the time of the context."""
    before = {name: getattr(jax.config, name) for name in _SETTINGS}
    for name, value in _SETTINGS.items():
        jax.config.update(name, str(directory) if value is None else value)
    compilation_cache.reset_cache()
    try:
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()
