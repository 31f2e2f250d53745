"""The files that tell what a run was: model-info.txt, environment.json."""

import math
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import jax

from pali_tf import files, json_files
from pali_tf.training.freezing import Split

_PACKAGES = (
    "pali_tf",
    "jax",
    "jaxlib",
    "keras",
    "optax",
    "orbax-checkpoint",
    "numpy",
    "tensorflow",
    "seqio",
    "gin-config",
)


def model_info(
    specs: Mapping[str, Any], places: Mapping[str, Any], split: Split
) -> str:
    """Formats every parameter, one a line, and the totals."""
    frozen = set(split.frozen)
    width = max(len(path) for path in specs)
    lines = []
    for path in sorted(specs):
        spec = specs[path]
        size = math.prod(spec.shape)
        lines.append(
            f"{path:<{width}}  shape {spec.shape!s:<16} {spec.dtype:<8} "
            f"size {size:>14,}  axes {spec.logical_axes!s:<24} "
            f"placed {tuple(places[path].spec)!s:<28} "
            f"bytes a device {_device_bytes(spec, places[path]):>12,}  "
            f"{'frozen' if path in frozen else 'trains'}"
        )
    for name, group in (
        ("trains", split.trainable),
        ("frozen", split.frozen),
        ("total", specs),
    ):
        total = sum(math.prod(specs[path].shape) for path in group)
        held = sum(_device_bytes(specs[path], places[path]) for path in group)
        lines.append(
            f"{name}: {len(group)} arrays, {total:,} numbers, "
            f"{held:,} bytes a device"
        )
    mesh = next(iter(places.values())).mesh
    lines.append(f"mesh: {dict(mesh.shape)}")
    return "\n".join(lines) + "\n"


def _device_bytes(spec: Any, place: Any) -> int:
    shape = place.shard_shape(tuple(spec.shape))
    return math.prod(shape) * jax.numpy.dtype(spec.dtype).itemsize


def environment() -> dict[str, Any]:
    """Gives versions, devices and the source's commit."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": versions,
        "devices": [str(device) for device in jax.devices()],
        "device_kind": jax.devices()[0].device_kind,
        "num_processes": jax.process_count(),
        "num_cpus": os.cpu_count(),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "command": sys.argv,
        "git": _git_state(),
    }


def _git_state() -> dict[str, Any] | None:
    root = Path(__file__).resolve().parents[2]

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "HEAD"),
            "is_clean": not git("status", "--porcelain", "-uno"),
        }
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None


def write_environment(model_dir: str | os.PathLike[str], **more: Any) -> None:
    """Writes environment.json, with what the caller knows beyond it."""
    json_files.write(
        files.as_path(model_dir) / "environment.json", environment() | more
    )
