"""FLOPs of a training step by part and by pass, from its matrix products."""

import dataclasses
import re
from collections.abc import Iterable

from pali_tf.layers.stack import num_groups
from pali_tf.models.pali.config import PaliConfig
from pali_tf.planning.matrix_products import (
    PARTS,
    MatrixProduct,
    matrix_products,
)

# Made once from the encoder's output, before the decoder's blocks.
_OF_MEMORY = (
    "encoder_decoder_attention/key/kernel",
    "encoder_decoder_attention/value/kernel",
)
_BLOCK = re.compile(r"/layers_\d+/")
# What each part's input depends on, besides the batch.
_UPSTREAM = {
    "vision": ("vision/",),
    "connector": ("vision/",),
    "encoder": ("vision/", "connector/", "token_embedder/", "encoder/"),
    "decoder": (
        "vision/",
        "connector/",
        "token_embedder/",
        "encoder/",
        "decoder/layers",
        "decoder/relpos_bias/",
    ),
    "logits": ("",),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Passes:
    """How often a step does the work of one product: its own is 1.

    Attributes:
        forward: 1.
        again: runs of the forward pass for its gradient (rematerialisation).
        backward: 1 for the gradient of each side that has one.
    """

    forward: int
    again: float
    backward: int

    @property
    def total(self) -> float:
        """All of them."""
        return self.forward + self.again + self.backward


def passes_of(
    product: MatrixProduct, config: PaliConfig, trainable: frozenset[str]
) -> Passes:
    """Gives the passes of a product.

    A gradient flows to the rows if anything upstream trains, and to the
    kernel if it trains itself: of a frozen ViT there is the forward pass
    alone.
    """
    is_of_memory = product.kernel is not None and product.kernel.endswith(
        _OF_MEMORY
    )
    upstream = _UPSTREAM["encoder" if is_of_memory else product.part]
    flows = not product.takes_input and any(
        path.startswith(upstream) for path in trainable
    )
    if product.kernel is None:
        backward = 2 * flows
    else:
        backward = flows + (product.kernel in trainable)
    again = 0.0
    # Keys and values of the memory are the last of their blocks: their
    # gradient asks for what they are made of, not for themselves.
    if backward and not product.takes_input and not is_of_memory:
        again = _again(product, config)
    return Passes(forward=1, again=again, backward=backward)


def _again(product: MatrixProduct, config: PaliConfig) -> float:
    depth = {
        "vision": config.vision.depth,
        "encoder": config.language.num_encoder_layers,
        "decoder": config.language.num_decoder_layers,
    }.get(product.part)
    tower = config.vision if product.part == "vision" else config.language
    if depth is None or tower.remat_policy == "none":
        return 0.0
    of_block = 0.0 if product.ends_block else 1.0
    if tower.remat_policy == "block":
        return of_block
    # A group runs again for the inputs of its blocks: not its last block,
    # except in a scan, whose every turn is the same.
    of_group = 1.0
    if not tower.scan_layers:
        of_group -= num_groups(depth) / depth
    return of_block + of_group


def one_path_a_stack(paths: Iterable[str]) -> frozenset[str]:
    """Gives the paths with "layers" for the blocks of unrolled towers.

    Example: {"encoder/layers_0/mlp/wo/kernel"} gives
        {"encoder/layers/mlp/wo/kernel"}.
    """
    return frozenset(_BLOCK.sub("/layers/", path) for path in paths)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PartFlops:
    """FLOPs of one part of the model, an example.

    `again` is what runs again for the gradient.
    """

    part: str
    forward: float
    again: float
    backward: float

    @property
    def model(self) -> float:
        """What the mathematics needs: what runs again does not count."""
        return self.forward + self.backward

    @property
    def hardware(self) -> float:
        """What the chip does."""
        return self.forward + self.again + self.backward


def products_with_passes(
    config: PaliConfig,
    num_inputs: int,
    num_targets: int,
    trainable: Iterable[str],
) -> list[tuple[MatrixProduct, Passes]]:
    """Lists the matrix products of one example, each with its passes."""
    paths = one_path_a_stack(trainable)
    return [
        (product, passes_of(product, config, paths))
        for product in matrix_products(config, num_inputs, num_targets)
    ]


def flops_by_part(
    products: Iterable[tuple[MatrixProduct, Passes]],
) -> list[PartFlops]:
    """Sums the FLOPs of `products_with_passes`, an example."""
    sums = {part: [0.0, 0.0, 0.0] for part in PARTS}
    for product, passes in products:
        for i, count in enumerate(
            (passes.forward, passes.again, passes.backward)
        ):
            sums[product.part][i] += count * product.flops
    return [
        PartFlops(part=part, forward=f, again=a, backward=b)
        for part, (f, a, b) in sums.items()
    ]
