"""What this machine has, what is missing, and how to get it."""

import dataclasses
import enum
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

# What `make demo` needs at most: see the README.
DEMO_MEMORY_GIB = 6
DEMO_DISK_GIB = 3

# Extras without which a part of the system does not work; the others (t5x,
# tpu, test, dev) are for special uses and their absence is no fault.
NEEDED_EXTRAS = ("train", "data", "eval", "serve", "ui")

_JAX_DEVICES = "import jax; print(*map(str, jax.devices()), sep=', ')"
_TENSORFLOW_DEVICES = (
    "import tensorflow as tf; "
    "print(*(d.name for d in tf.config.list_physical_devices()), sep=', ')"
)


class Status(enum.Enum):
    """How a finding weighs; the value is what is printed before it."""

    OK = "  ok     "
    OPTIONAL = "  absent "
    MISSING = "  MISSING"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of the account, and the remedy where it is not OK."""

    status: Status
    text: str
    remedy: str = ""


def check_python() -> Iterator[Finding]:
    """Checks the interpreter's version."""
    version = ".".join(map(str, sys.version_info[:3]))
    is_right = sys.version_info[:2] == (3, 11)
    yield Finding(
        Status.OK if is_right else Status.MISSING,
        f"Python {version} at {sys.executable}",
        "pali_tf needs Python 3.11: make setup",
    )


def check_machine() -> Iterator[Finding]:
    """Checks memory and disk against what the demo takes."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    memory, disk = pages / 2**30, shutil.disk_usage(".").free / 2**30
    yield Finding(Status.OK, f"{os.cpu_count()} processor cores")
    for amount, needed, name in (
        (memory, DEMO_MEMORY_GIB, "memory"),
        (disk, DEMO_DISK_GIB, "free disk here"),
    ):
        yield Finding(
            Status.OK if amount >= needed else Status.OPTIONAL,
            f"{amount:.1f} GiB of {name}",
            f"the demo takes up to {needed} GiB",
        )


def check_packages() -> Iterator[Finding]:
    """Checks each requirement of setup.py against what is installed."""
    try:
        declared = importlib.metadata.requires("pali_tf") or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding(
            Status.MISSING, "pali_tf itself is not installed here", "make setup"
        )
        return
    for extra in ("", *NEEDED_EXTRAS):
        yield from _check_extra(extra, declared)


def _check_extra(extra: str, declared: list[str]) -> Iterator[Finding]:
    from packaging.requirements import Requirement

    good = []
    for requirement in map(Requirement, declared):
        marker = requirement.marker
        if bool(marker) != bool(extra) or (
            marker and not marker.evaluate({"extra": extra})
        ):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            version = None
        if version and requirement.specifier.contains(version):
            good.append(f"{requirement.name} {version}")
            continue
        wanted = f"{requirement.name}{requirement.specifier}"
        found = f"{version} is installed" if version else "not installed"
        yield Finding(
            Status.MISSING,
            f"{wanted} ({found})",
            f"make setup, or pip install '{wanted}'",
        )
    if good:
        label = f"[{extra}]" if extra else "core"
        yield Finding(Status.OK, f"{label}: {', '.join(good)}")


def check_devices() -> Iterator[Finding]:
    """Asks JAX and TensorFlow, each in a process of its own, what they see."""
    for name, program in (
        ("JAX", _JAX_DEVICES),
        ("TensorFlow", _TENSORFLOW_DEVICES),
    ):
        if importlib.util.find_spec(name.lower()) is None:
            continue  # check_packages says so already.
        result = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        if result.returncode == 0:
            yield Finding(Status.OK, f"{name} sees {result.stdout.strip()}")
        else:
            reason = result.stderr.strip().splitlines()[-1:]
            yield Finding(
                Status.MISSING,
                f"{name} does not start: {''.join(reason)}",
                "make setup; JAX_PLATFORMS=cpu keeps to the processor",
            )


def check_fonts() -> Iterator[Finding]:
    """Checks which scripts the sample world can print."""
    if importlib.util.find_spec("PIL") is None:
        return  # check_packages says so already.
    from pali_tf.sample_world import fonts

    try:
        missing = fonts.missing_scripts()
    except FileNotFoundError as error:
        yield Finding(Status.MISSING, str(error), "make setup")
        return
    drawn = [name for name in fonts.SCRIPTS if name not in missing]
    yield Finding(Status.OK, f"fonts for {', '.join(drawn)}")
    for script, remedy in missing.items():
        yield Finding(
            Status.OPTIONAL,
            f"a font for {script}: its words are not printed in images",
            remedy,
        )


def check_tools() -> Iterator[Finding]:
    """Checks for programs that are used where they are found."""
    for program, use, package in (
        ("git", "the commit in environment.json", "git"),
        ("java", "SPICE and METEOR of pycocoevalcap", "default-jre-headless"),
    ):
        path = shutil.which(program)
        yield Finding(
            Status.OK if path else Status.OPTIONAL,
            f"{program} {'at ' + path if path else ''} ({use})",
            f"apt-get install {package}",
        )


def check_data(data_dir: str | None) -> Iterator[Finding]:
    """Checks which sources and splits the data folder holds."""
    remedy = "pali sample-data --output_dir=DIR; export PALI_DATA_DIR=DIR"
    if not data_dir:
        yield Finding(
            Status.OPTIONAL,
            "a data folder: neither --data_dir nor PALI_DATA_DIR is set",
            remedy,
        )
        return
    if importlib.util.find_spec("etils") is None:
        return  # check_packages says so already.
    from pali_tf import files, json_files

    infos = sorted(files.as_path(data_dir).glob("*/*.info.json"))
    if not infos:
        yield Finding(
            Status.MISSING,
            f"{data_dir} holds no <source>/<split>.info.json",
            remedy,
        )
    for path in infos:
        count = json_files.read(path)["num_examples"]
        split = path.name.removesuffix(".info.json")
        yield Finding(
            Status.OK, f"{path.parent.name}/{split}: {count} examples"
        )
