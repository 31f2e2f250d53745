"""Where the numbers of a benchmark are kept."""

import os
import pathlib
import platform
from typing import Any

from pali_tf import json_files


def write(output_dir: pathlib.Path, name: str, content: dict[str, Any]) -> None:
    """Writes numbers as JSON, with the machine they are of, and says where."""
    described = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        **content,
    }
    path = output_dir / name
    json_files.write(path, described)
    print(f"\n{path}")
