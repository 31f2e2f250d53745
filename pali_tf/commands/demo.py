"""`pali demo`: the whole of PaLI on a generated sample, start to finish."""

import argparse
import pathlib

from pali_tf import files
from pali_tf.errors import UserError
from pali_tf.sample_world.demo import demonstration
from pali_tf.sample_world.demo.plan import PLANS
from pali_tf.sample_world.demo.stages import Folders


def main(argv: list[str]) -> int:
    """Runs the command; gives its exit status."""
    parser = argparse.ArgumentParser(prog="pali demo", description=__doc__)
    parser.add_argument("--output_dir", default="demo")
    parser.add_argument(
        "--plan",
        choices=list(PLANS),
        default="quick",
        help="quick: 15 minutes on two cores; long: an hour, with free scenes",
    )
    parser.add_argument(
        "--only",
        choices=["report"],
        help="make this again from what the demo left",
    )
    options = parser.parse_args(argv)
    if files.is_bucket(options.output_dir):
        raise UserError(
            f"{options.output_dir} is in a bucket; the demo is made on a disk, "
            "though each of its commands takes a bucket."
        )
    others: dict[str, Folders] = {}
    for plan in PLANS[options.plan]:
        root = pathlib.Path(options.output_dir)
        is_main = plan is PLANS[options.plan][-1]
        folders = Folders(root if is_main else root / plan.level)
        if options.only is None:
            demonstration.run(plan, folders)
        demonstration.write_report(plan, folders, others if is_main else {})
        others[f"the {plan.level} world"] = folders
    return 0
