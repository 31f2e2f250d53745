"""`python -m pali_tf.demo`: the same as `pali demo`."""

import sys

from pali_tf.demo.main import main
from pali_tf.user_errors import run_command

if __name__ == "__main__":
    sys.exit(run_command(main, sys.argv[1:]))
