"""Trains with T5X where it is installed, and natively where it is not.

`python t5x/train.py --gin_file=... --gin.MODEL_DIR="'...'"`: the same flags
and files for both engines. The first line on stderr says which one runs.

This folder has no __init__.py: it must not hide the package named t5x.
"""

import os
import runpy
import sys
from pathlib import Path

from pali_tf.engines.chosen import chosen_engine


def main() -> None:
    """Hands the command line to the engine."""
    # Python put this folder first: `import train` must not find this file.
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [path for path in sys.path if path != here]
    engine = chosen_engine()
    module = {"t5x": "t5x.train", "native": "pali_tf.train"}[engine]
    sys.stderr.write(f"engine: {engine} ({module})\n")
    os.environ.setdefault("KERAS_BACKEND", "jax")
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
