"""The ViT with its MAP head."""

import keras

from pali_tf.models.vit.config import ViTConfig
from pali_tf.models.vit.model import VisionClassifier
from pali_tf.types import Array
from tests.support.recorded_stack import record_blocks


def build(
    image_size: int = 42,
    num_classes: int = 5,
    scan_layers: bool = False,
    dtype: str = "float32",
) -> keras.Model:
    """The shape of the goldens' towers."""
    config = ViTConfig(
        patch_size=14,
        width=24,
        depth=3,
        mlp_dim=56,
        num_heads=4,
        image_size=image_size,
        scan_layers=scan_layers,
        dtype=dtype,
    )
    model = VisionClassifier(config, num_classes)
    model.build()
    return model


def run(model: VisionClassifier, inputs: dict[str, Array]) -> dict[str, Array]:
    """Tokens after each block, after the last norm, pooled, and logits."""
    with record_blocks(model.vision.stack) as blocks:
        tokens = model.vision(inputs["images"])
    pooled = model.map_head(tokens)
    return {
        **{f"block_{i}": x for i, x in enumerate(blocks)},
        "tokens": tokens,
        "pooled": pooled,
        "logits": model.head(pooled),
    }
