"""Parameters of one layout and image size as a model of another has them."""

from collections.abc import Mapping
from typing import Any

from pali_tf.models.stacking import stack_layers, unstack_layers
from pali_tf.models.vit.position_table import resize_position_table

_POSITION_TABLE = "vision/position_embedding/embedding"


def change_layout(
    values: Mapping[str, Any], specs: Mapping[str, Any]
) -> dict[str, Any]:
    """Gives parameters the layout and the image size of a model.

    Blocks are stacked or taken apart, and the ViT's position table is resized
    to the model's grid. Whatever else differs stays as it is, to be named by
    who checks it.

    Raises:
        UserError: a block is missing in a tower.
    """
    fitted = stack_layers(
        unstack_layers(values, where=specs.__contains__),
        where=specs.__contains__,
    )
    if _POSITION_TABLE in fitted and _POSITION_TABLE in specs:
        fitted[_POSITION_TABLE] = resize_position_table(
            fitted[_POSITION_TABLE], specs[_POSITION_TABLE].shape[0]
        )
    return fitted
