"""What a tower keeps for its gradient; standard library only."""

from pali_tf.errors import UserError

REMAT_POLICIES = ("none", "block", "full")


def check_remat_policy(name: str) -> None:
    """Checks the name of a policy.

    "none" keeps every activation. "block" keeps the input of each block, which
    runs again for the gradient. "full" keeps the inputs of about sqrt(L)
    groups of blocks; the blocks of a group run again, each from its input.

    Raises:
        UserError: another name.
    """
    if name not in REMAT_POLICIES:
        raise UserError(
            f"remat_policy is {name!r}, not one of {list(REMAT_POLICIES)}."
        )
