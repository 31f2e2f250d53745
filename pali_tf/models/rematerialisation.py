"""What a tower keeps for its gradient; standard library only."""

from pali_tf.errors import UserError

REMAT_POLICIES = ("none", "block", "full")


def check_remat_policy(name: str) -> None:
    """Checks the name of a policy; layers.stack.Stack has their meaning.

    Raises:
        UserError: another name.
    """
    if name not in REMAT_POLICIES:
        raise UserError(
            f"remat_policy is {name!r}, not one of {list(REMAT_POLICIES)}."
        )
