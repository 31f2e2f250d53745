"""Every matrix product of PaLI for one example, from its sizes alone."""

import dataclasses
from typing import Any

from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.vit.config import ViTConfig

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


def matrix_products(
    config: PaliConfig, num_inputs: int, num_targets: int
) -> list[MatrixProduct]:
    """Lists the products of teacher forcing on one example.

    Args:
        config: the towers.
        num_inputs: S, text tokens of the encoder.
        num_targets: T, tokens of the decoder.

    Example: one of PaLI-17B's is [384, 4096] times the [4096, 10240] of
        "encoder/layers/mlp/wi_0/kernel", 24 times.
    """
    vision, language = config.vision, config.language
    length = vision.num_patches + num_inputs
    return [
        *_of_vision(vision),
        MatrixProduct(
            part="connector",
            kernel="connector/kernel",
            rows=vision.num_patches,
            inner=vision.width,
            columns=language.emb_dim,
        ),
        *_of_encoder(language, length),
        *_of_decoder(language, num_targets, length),
        MatrixProduct(
            part="logits",
            kernel="decoder/logits_dense/kernel",
            rows=num_targets,
            inner=language.emb_dim,
            columns=language.vocab_size,
            sharded="columns",
        ),
    ]


def _of_vision(config: ViTConfig) -> list[MatrixProduct]:
    rows, width = config.num_patches, config.width
    shared: dict[str, Any] = {"part": "vision", "rows": rows}
    block = "vision/layers"
    return [
        MatrixProduct(
            **shared,
            kernel="vision/patch_embedding/projection/kernel",
            inner=config.patch_size**2 * 3,
            columns=width,
            takes_input=True,
        ),
        *_attention(
            f"{block}/attention",
            "vision",
            (rows, rows),
            (width, config.num_heads, config.head_dim),
            config.depth,
        ),
        *_feed_forward(
            block, "vision", ("wi",), rows, width, config.mlp_dim, config.depth
        ),
    ]


def _of_encoder(config: MT5Config, length: int) -> list[MatrixProduct]:
    layers, block = config.num_encoder_layers, "encoder/layers"
    return [
        *_attention(
            f"{block}/attention",
            "encoder",
            (length, length),
            (config.emb_dim, config.num_heads, config.head_dim),
            layers,
        ),
        *_feed_forward(
            block,
            "encoder",
            ("wi_0", "wi_1"),
            length,
            config.emb_dim,
            config.mlp_dim,
            layers,
        ),
    ]


def _of_decoder(
    config: MT5Config, num_targets: int, length: int
) -> list[MatrixProduct]:
    layers, block = config.num_decoder_layers, "decoder/layers"
    sizes = (config.emb_dim, config.num_heads, config.head_dim)
    return [
        *_attention(
            f"{block}/self_attention",
            "decoder",
            (num_targets, num_targets),
            sizes,
            layers,
        ),
        *_attention(
            f"{block}/encoder_decoder_attention",
            "decoder",
            (num_targets, length),
            sizes,
            layers,
        ),
        *_feed_forward(
            block,
            "decoder",
            ("wi_0", "wi_1"),
            num_targets,
            config.emb_dim,
            config.mlp_dim,
            layers,
        ),
    ]


def _attention(
    path: str,
    part: str,
    lengths: tuple[int, int],
    sizes: tuple[int, int, int],
    layers: int,
) -> list[MatrixProduct]:
    queries, keys = lengths
    width, heads, head_dim = sizes
    joined = heads * head_dim
    projections = [
        MatrixProduct(
            part=part,
            kernel=f"{path}/{name}/kernel",
            rows=rows,
            inner=width,
            columns=joined,
            count=layers,
            sharded="columns",
        )
        for name, rows in (("query", queries), ("key", keys), ("value", keys))
    ]
    scores = [
        MatrixProduct(
            part=part,
            kernel=None,
            rows=queries,
            inner=inner,
            columns=columns,
            count=layers * heads,
            sharded="count",
        )
        for inner, columns in ((head_dim, keys), (keys, head_dim))
    ]
    out = MatrixProduct(
        part=part,
        kernel=f"{path}/out/kernel",
        rows=queries,
        inner=joined,
        columns=width,
        count=layers,
        sharded="inner",
    )
    return [*projections, *scores, out]


def _feed_forward(
    block: str,
    part: str,
    names: tuple[str, ...],
    rows: int,
    width: int,
    hidden: int,
    layers: int,
) -> list[MatrixProduct]:
    shared: dict[str, Any] = {"part": part, "rows": rows, "count": layers}
    return [
        *(
            MatrixProduct(
                **shared,
                kernel=f"{block}/mlp/{name}/kernel",
                inner=width,
                columns=hidden,
                sharded="columns",
            )
            for name in names
        ),
        MatrixProduct(
            **shared,
            kernel=f"{block}/mlp/wo/kernel",
            inner=hidden,
            columns=width,
            sharded="inner",
            ends_block=True,
        ),
    ]
