"""A TPU slice by its name, "v4:8x8x16", and its devices from libtpu."""

import dataclasses
import importlib.util
import math
import os
from typing import Any

from pali_tf.errors import UserError
from pali_tf.planning.chips import Chip, find_chip

INSTALL = "pip install 'pali_tf[tpu]'"


@dataclasses.dataclass(frozen=True)
class Topology:
    """A slice of chips in a torus or mesh."""

    chip: Chip
    shape: tuple[int, ...]

    @property
    def name(self) -> str:
        """As `parse_topology` reads it."""
        return f"{self.chip.name}:{'x'.join(map(str, self.shape))}"

    @property
    def num_chips(self) -> int:
        """How many chips there are."""
        return math.prod(self.shape)

    @property
    def num_devices(self) -> int:
        """How many devices JAX sees."""
        return self.num_chips * self.chip.devices


def parse_topology(text: str) -> Topology:
    """Reads the name of a slice.

    Raises:
        UserError: no such chip, or not a shape; the message has what is
            right.

    Example: parse_topology("v4:8x8x16").num_chips == 1024.
    """
    name, colon, sizes = text.partition(":")
    chip = find_chip(name)
    example = f"{chip.name}:" + ("8x8x16" if chip.torus_rank == 3 else "16x16")
    parts = sizes.split("x")
    if not colon or not all(part.isdigit() and int(part) for part in parts):
        raise UserError(
            f"Topology {text!r} is not a chip and a shape, such as {example!r}."
        )
    if len(parts) != chip.torus_rank:
        raise UserError(
            f"Topology {text!r}: {chip.name} is a torus of {chip.torus_rank} "
            f"dimensions, such as {example!r}."
        )
    return Topology(chip, tuple(map(int, parts)))


def is_libtpu_installed() -> bool:
    """Whether the compiler for TPUs is there; no TPU is needed."""
    return importlib.util.find_spec("libtpu") is not None


def make_devices(topology: Topology) -> list[Any]:
    """Gives the devices of a slice, to compile for; none need exist here.

    Raises:
        UserError: libtpu is not installed, or it knows no such slice.
    """
    if not is_libtpu_installed():
        raise UserError(
            f"Compiling for {topology.name} needs libtpu, the TPU compiler "
            f"(no TPU): {INSTALL}. Without --topology the plan is made by "
            "formula alone."
        )
    # libtpu asks the host's metadata server what it runs on; there is none.
    os.environ.setdefault("TPU_ACCELERATOR_TYPE", "v4-8")
    os.environ.setdefault("TPU_WORKER_HOSTNAMES", "localhost")
    os.environ.setdefault("TPU_SKIP_MDS_QUERY", "1")
    os.environ.setdefault("ALLOW_MULTIPLE_LIBTPU_LOAD", "1")
    import jax
    from jax.experimental import topologies

    options: dict[str, Any] = {}
    if topology.chip.name == "v4":
        options["chip_config_name"] = "megacore"
    try:
        described = topologies.get_topology_desc(
            platform="tpu", topology_name=topology.name, **options
        )
    except jax.errors.JaxRuntimeError as error:
        raise UserError(
            f"libtpu knows no slice {topology.name}: {error}"
        ) from error
    devices = list(described.devices)
    if len(devices) != topology.num_devices:
        raise UserError(
            f"libtpu gives {len(devices)} devices for {topology.name}, not "
            f"{topology.num_devices}."
        )
    return devices
