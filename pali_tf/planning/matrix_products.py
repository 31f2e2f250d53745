"""Every matrix product of PaLI for one example, from its sizes alone."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from pali_tf.models.pali.config import PaliConfig

PARTS = ("vision", "connector", "encoder", "decoder", "logits")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MatrixProduct:
    """[rows, inner] times [inner, columns], `count` times.

    Attributes:
        part: one of PARTS.
        kernel: path of the parameter that is its right side, with `layers`
            for the blocks of a tower; None: both sides are activations.
        rows: of one example.
        inner: what is summed over.
        columns: of the right side.
        count: blocks, times heads where each head has its own.
        sharded: which of "inner", "columns" and "count" the model axis
            splits; None: none.
        ends_block: whether nothing of the block is computed from it, so that
            a block that runs again for its gradient leaves it out.
        takes_input: whether its rows are the model's input: they get no
            gradient.
    """

    part: str
    kernel: str | None
    rows: int
    inner: int
    columns: int
    count: int = 1
    sharded: str | None = None
    ends_block: bool = False
    takes_input: bool = False

    @property
    def flops(self) -> int:
        """Of all of them: a multiplication and an addition each."""
        return 2 * self.count * self.rows * self.inner * self.columns


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tower:
    """A stack of equal blocks, on one example.

    `keys` are the positions that each attention of a block looks at, `gates`
    the names of the projections to the `hidden` width.
    """

    part: str
    tokens: int
    keys: Mapping[str, int]
    width: int
    heads: int
    head_dim: int
    hidden: int
    gates: tuple[str, ...]
    depth: int

    @property
    def joined(self) -> int:
        """Width of all heads."""
        return self.heads * self.head_dim


def towers(
    config: PaliConfig, num_inputs: int, num_targets: int
) -> tuple[Tower, Tower, Tower]:
    """Gives the ViT, the encoder and the decoder of `matrix_products`."""
    vision, language = config.vision, config.language
    length = vision.num_patches + num_inputs
    shared: dict[str, Any] = {
        "width": language.emb_dim,
        "heads": language.num_heads,
        "head_dim": language.head_dim,
        "hidden": language.mlp_dim,
        "gates": ("wi_0", "wi_1"),
    }
    return (
        Tower(
            part="vision",
            tokens=vision.num_patches,
            keys={"attention": vision.num_patches},
            width=vision.width,
            heads=vision.num_heads,
            head_dim=vision.head_dim,
            hidden=vision.mlp_dim,
            gates=("wi",),
            depth=vision.depth,
        ),
        Tower(
            part="encoder",
            tokens=length,
            keys={"attention": length},
            depth=language.num_encoder_layers,
            **shared,
        ),
        Tower(
            part="decoder",
            tokens=num_targets,
            keys={
                "self_attention": num_targets,
                "encoder_decoder_attention": length,
            },
            depth=language.num_decoder_layers,
            **shared,
        ),
    )


def matrix_products(
    config: PaliConfig, num_inputs: int, num_targets: int
) -> list[MatrixProduct]:
    """Lists the products of teacher forcing on one example.

    Example: one of PaLI-17B's is [384, 4096] times the [4096, 10240] of
        "encoder/layers/mlp/wi_0/kernel", 24 times.
    """
    vision, language = config.vision, config.language
    products = [
        MatrixProduct(
            part="vision",
            kernel="vision/patch_embedding/projection/kernel",
            rows=vision.num_patches,
            inner=vision.patch_size**2 * 3,
            columns=vision.width,
            takes_input=True,
        ),
        MatrixProduct(
            part="connector",
            kernel="connector/kernel",
            rows=vision.num_patches,
            inner=vision.width,
            columns=language.emb_dim,
        ),
        MatrixProduct(
            part="logits",
            kernel="decoder/logits_dense/kernel",
            rows=num_targets,
            inner=language.emb_dim,
            columns=language.vocab_size,
            sharded="columns",
        ),
    ]
    for tower in towers(config, num_inputs, num_targets):
        for name, keys in tower.keys.items():
            products += _of_attention(tower, name, keys)
        products += _of_feed_forward(tower)
    return products


def _of_attention(
    tower: Tower, name: str, keys: int
) -> Iterator[MatrixProduct]:
    path = f"{tower.part}/layers/{name}"
    for projection, rows in (
        ("query", tower.tokens),
        ("key", keys),
        ("value", keys),
    ):
        yield MatrixProduct(
            part=tower.part,
            kernel=f"{path}/{projection}/kernel",
            rows=rows,
            inner=tower.width,
            columns=tower.joined,
            count=tower.depth,
            sharded="columns",
        )
    for inner, columns in ((tower.head_dim, keys), (keys, tower.head_dim)):
        yield MatrixProduct(
            part=tower.part,
            kernel=None,
            rows=tower.tokens,
            inner=inner,
            columns=columns,
            count=tower.depth * tower.heads,
            sharded="count",
        )
    yield MatrixProduct(
        part=tower.part,
        kernel=f"{path}/out/kernel",
        rows=tower.tokens,
        inner=tower.joined,
        columns=tower.width,
        count=tower.depth,
        sharded="inner",
    )


def _of_feed_forward(tower: Tower) -> Iterator[MatrixProduct]:
    shared: dict[str, Any] = {
        "part": tower.part,
        "rows": tower.tokens,
        "count": tower.depth,
    }
    for gate in tower.gates:
        yield MatrixProduct(
            **shared,
            kernel=f"{tower.part}/layers/mlp/{gate}/kernel",
            inner=tower.width,
            columns=tower.hidden,
            sharded="columns",
        )
    yield MatrixProduct(
        **shared,
        kernel=f"{tower.part}/layers/mlp/wo/kernel",
        inner=tower.hidden,
        columns=tower.width,
        sharded="inner",
        ends_block=True,
    )
