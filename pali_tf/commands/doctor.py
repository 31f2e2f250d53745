"""`pali doctor`: what this machine has, what is missing, how to get it."""

import argparse
import os

from pali_tf import installation


def main(argv: list[str]) -> int:
    """Runs the command; gives 1 where something needed is missing."""
    parser = argparse.ArgumentParser(prog="pali doctor", description=__doc__)
    parser.add_argument(
        "--data_dir",
        default=os.environ.get("PALI_DATA_DIR"),
        help="the folder of TFRecord shards (default: $PALI_DATA_DIR)",
    )
    flags = parser.parse_args(argv)
    sections = {
        "Python": installation.check_python(),
        "Machine": installation.check_machine(),
        "Packages": installation.check_packages(),
        "Devices": installation.check_devices(),
        "Fonts": installation.check_fonts(),
        "Tools": installation.check_tools(),
        "Data": installation.check_data(flags.data_dir),
    }
    missing = 0
    for title, findings in sections.items():
        print(title)
        for finding in findings:
            missing += finding.status is installation.Status.MISSING
            print(f"{finding.status.value} {finding.text}")
            if finding.status is not installation.Status.OK:
                print(f"{'':10}{finding.remedy}")
    print(
        f"\n{missing} needed thing(s) missing: see above."
        if missing
        else "\nNothing needed is missing."
    )
    return 1 if missing else 0
