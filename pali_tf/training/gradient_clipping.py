"""Clipping of the gradient as a whole, before any optimizer."""

import optax

from pali_tf.errors import UserError


def clip_gradient(
    transformation: optax.GradientTransformation, max_norm: float | None
) -> optax.GradientTransformation:
    """Clips the gradient that a transformation gets.

    Args:
        transformation: what gets the clipped gradient.
        max_norm: the largest norm of all arrays together, > 0; None: it is
            not clipped.

    Raises:
        UserError: max_norm is not above 0.
    """
    if max_norm is None:
        return transformation
    if max_norm <= 0:
        raise UserError(
            f"global_norm_clip_threshold is {max_norm}, not above 0."
        )
    return optax.chain(optax.clip_by_global_norm(max_norm), transformation)
