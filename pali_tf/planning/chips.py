"""What a TPU chip has, by generation; standard library only."""

import dataclasses

from pali_tf.errors import UserError, nearest


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chip:
    """The numbers of one chip that a plan is made from.

    Attributes:
        name: as a topology names it.
        peak_flops: bfloat16 FLOP/s of the matrix units.
        hbm_bytes: high-bandwidth memory.
        hbm_bandwidth: bytes/s between it and the chip.
        link_bandwidth: bytes/s of one link to a neighbour, in one direction.
        torus_rank: 2 or 3; a chip has twice as many links.
        devices: how many devices JAX sees of a chip.
    """

    name: str
    peak_flops: float
    hbm_bytes: int
    hbm_bandwidth: float
    link_bandwidth: float
    torus_rank: int
    devices: int

    def wraps(self, extent: int) -> bool:
        """Whether a slice's dimension of this extent is a ring.

        Cubes of 4 chips a side are joined by optical switches, which close
        the ring; a two-dimensional slice closes it at the whole pod's 16.
        """
        return extent % 4 == 0 if self.torus_rank == 3 else extent == 16

    def device(self) -> "Chip":
        """The share of one device, where a chip is several."""
        parts = self.devices
        return dataclasses.replace(
            self,
            peak_flops=self.peak_flops / parts,
            hbm_bytes=self.hbm_bytes // parts,
            hbm_bandwidth=self.hbm_bandwidth / parts,
            link_bandwidth=self.link_bandwidth / parts,
        )


# By name: TFLOP/s, GiB of HBM, GB/s to it, GB/s of a link, rank of the torus,
# devices.
# Source: docs.cloud.google.com/tpu/docs/{v4,v5e,v5p,v6e,tpu7x}, "System
# architecture". A link's rate is the chip's interconnect rate over its links
# and both directions; for v4 it is arXiv 2304.01433, table 4 (6 x 50 GB/s).
# v4's two cores are one device ("megacore").
_NUMBERS = {
    "v4": (275, 32, 1200, 50, 3, 1),
    "v5e": (197, 16, 819, 50, 2, 1),
    "v5p": (459, 95, 2765, 100, 3, 1),
    "v6e": (918, 32, 1638, 100, 2, 1),
    "tpu7x": (2307, 192, 7380, 100, 3, 2),
}
CHIPS: dict[str, Chip] = {
    name: Chip(
        name=name,
        peak_flops=tflops * 1e12,
        hbm_bytes=gib * 2**30,
        hbm_bandwidth=hbm * 1e9,
        link_bandwidth=link * 1e9,
        torus_rank=rank,
        devices=devices,
    )
    for name, (tflops, gib, hbm, link, rank, devices) in _NUMBERS.items()
}

# What people also call them.
_ALIASES = {
    "v5litepod": "v5e",
    "v5lite": "v5e",
    "v5": "v5p",
    "v6": "v6e",
    "trillium": "v6e",
    "v7": "tpu7x",
    "v7x": "tpu7x",
    "ironwood": "tpu7x",
}


def find_chip(name: str) -> Chip:
    """Gives a chip by its name.

    Raises:
        UserError: an unknown name; the message has the nearest.

    Example: find_chip("v4").hbm_bytes == 32 * 2**30.
    """
    if name in CHIPS:
        return CHIPS[name]
    known_as = _ALIASES.get(name.lower(), name)
    raise UserError(f"There is no TPU {name!r}{nearest(known_as, CHIPS)}")
