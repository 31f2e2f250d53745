"""Where the numbers of a benchmark are kept."""

import argparse
import os
import platform
from typing import Any

from etils.epath import Path

from pali_tf import files, json_files


def add_flag(parser: argparse.ArgumentParser) -> None:
    """Adds the flag that says where."""
    parser.add_argument("--output_dir", type=files.as_path, default="bench")


def write(output_dir: Path, name: str, content: dict[str, Any]) -> None:
    """Writes numbers as JSON, with the machine they are of, and says where."""
    described = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        **content,
    }
    path = output_dir / name
    json_files.write(path, described)
    print(f"\n{path}")
