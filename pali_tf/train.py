"""`python -m pali_tf.train`: `pali train` under the name of T5X's program."""

import sys

from pali_tf.commands.train import main
from pali_tf.errors import run_command

if __name__ == "__main__":
    raise SystemExit(run_command(main, sys.argv[1:]))
