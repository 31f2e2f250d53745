"""Trains with T5X where it is installed, and natively where it is not.

`python t5x/train.py --gin_file=... --gin.MODEL_DIR="'...'"`: the same flags
and files for both engines. The first line on stderr says which one runs.

This folder has no __init__.py: it must not hide the package named t5x.
"""

import importlib.util
import os
import runpy
import sys
from pathlib import Path

_HERE = str(Path(__file__).resolve().parent)


def choose_engine() -> str:
    """Gives "t5x" where that package, not a bare folder, is, else "native"."""
    spec = importlib.util.find_spec("t5x")
    return "native" if spec is None or spec.origin is None else "t5x"


def main() -> None:
    """Hands the command line to the engine."""
    # Python put this folder first: `import train` must not find this file.
    sys.path[:] = [path for path in sys.path if path != _HERE]
    engine = choose_engine()
    module = {"t5x": "t5x.train", "native": "pali_tf.train"}[engine]
    sys.stderr.write(f"engine: {engine} ({module})\n")
    os.environ.setdefault("KERAS_BACKEND", "jax")
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
