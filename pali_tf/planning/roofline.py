"""The time of a step, between two bounds, from what it computes and moves."""

import dataclasses

from pali_tf.planning.flops import Passes
from pali_tf.planning.matrix_products import MatrixProduct


@dataclasses.dataclass(frozen=True, kw_only=True)
class Roofline:
    """Seconds of one step on one device.

    Attributes:
        compute: matrix products at the chip's peak.
        memory: HBM traffic at its full rate.
        interconnect: collectives at the full rate of their links.
        model_flops: of one device and step, without what runs again.
        peak_flops: of one device.
    """

    compute: float
    memory: float
    interconnect: float
    model_flops: float
    peak_flops: float

    @property
    def least(self) -> float:
        """Everything overlaps: the slowest of the three."""
        return max(self.compute, self.memory, self.interconnect)

    @property
    def most(self) -> float:
        """Nothing does, each at its full rate: their sum."""
        return self.compute + self.memory + self.interconnect

    def mfu(self, seconds: float) -> float:
        """Model FLOPs utilisation of a step of so many seconds."""
        return self.model_flops / (seconds * self.peak_flops)


def product_bytes(
    product: MatrixProduct,
    passes: Passes,
    rows: float,
    model_shards: int,
    itemsize: int,
) -> float:
    """Bytes that the passes of a product read and write on one device.

    Each pass reads two sides and writes the third; the model axis splits all
    but the side that lacks its dimension.
    """
    shards = {
        name: model_shards if product.sharded == name else 1
        for name in ("inner", "columns", "count")
    }
    inner = product.inner / shards["inner"]
    columns = product.columns / shards["columns"]
    count = product.count / shards["count"]
    # Attention multiplies the two sides of each example by each other.
    right = inner * columns * (1 if product.kernel else rows)
    left = rows * product.rows * inner
    result = rows * product.rows * columns
    return passes.total * count * itemsize * (left + right + result)
