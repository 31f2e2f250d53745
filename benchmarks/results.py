"""Where the numbers of a benchmark are kept."""

import json
import os
import pathlib
import platform
from typing import Any


def write(output_dir: pathlib.Path, name: str, content: dict[str, Any]) -> None:
    """Writes numbers as JSON, with the machine they are of, and says where."""
    described = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        **content,
    }
    output_dir.mkdir(parents=True, exist_ok=True)
    path = output_dir / name
    temporary = path.with_suffix(".partial")
    temporary.write_text(json.dumps(described, indent=2) + "\n")
    os.replace(temporary, path)
    print(f"\n{path}")
