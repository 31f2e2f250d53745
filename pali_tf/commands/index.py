"""`pali index`: makes the indexes of a data folder.

An index says where each record of a split is and what it has, so that a run
finds any example at once. Our own programs make it with the data, and a run
makes it where it is missing; this command does so beforehand. Shards that
another program wrote, without `<split>.info.json`, get that as well.
"""

import argparse
import os


def main(argv: list[str]) -> int:
    """Runs the command; `argv` has what follows its name."""
    parser = argparse.ArgumentParser(prog="pali index", description=__doc__)
    parser.add_argument(
        "--data_dir",
        default=None,
        help="the folder of TFRecord shards (default: $PALI_DATA_DIR)",
    )
    flags = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow comes in here; --help has long answered.
    from pali_tf.data.data_root import DataRoot
    from pali_tf.webli import foreign_shards, split_index

    root = DataRoot(flags.data_dir)
    for source, split in foreign_shards.describe_all(root.path):
        print(f"{source}/{split}: wrote its info file")
    for source, split in root.splits:
        index = split_index.load(root.path, source, split)
        found = ", ".join(
            f"{len(has.records):,} with {name}"
            if has.records is not None
            else f"all with {name}"
            for name, has in index.holders.items()
            if ":" not in name
        )
        print(
            f"{source}/{split}: {index.total:,} records in "
            f"{len(index.shards):,} shards, {found or 'no texts'}"
        )
    return 0
