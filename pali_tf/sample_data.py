"""`pali sample-data`: a generated sample of WebLI and its vocabulary.

The sample stands alone; the vocabulary is trained on what the tasks make of
it, so the two meet here.
"""

import argparse
import pathlib
from collections.abc import Sequence

from pali_tf.webli import sample


def main(argv: Sequence[str]) -> int:
    """Writes the sample, then trains its vocabulary.

    Args:
        argv: the arguments of `pali_tf.webli.sample.main`.

    Returns:
        The exit status.
    """
    status = sample.main(argv)
    if status:
        return status
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--output_dir", type=pathlib.Path)
    output_dir = parser.parse_known_args(argv)[0].output_dir
    # TensorFlow comes in here; `--help` has long answered.
    from pali_tf.data import location
    from seqio_tasks.vocabulary_texts import train_vocabulary

    path = output_dir / location.VOCABULARY
    if path.is_file():
        print(f"Kept {path}.")
    else:
        print(f"Wrote {train_vocabulary(output_dir):,} pieces to {path}.")
    return 0
