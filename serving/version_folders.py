"""The folders `<base>/<name>/<version>/` that TF Serving looks for."""

from etils.epath import Path

from pali_tf.errors import UserError, told


@told()
def version_path(model_path: Path, version: int | None = None) -> Path:
    """Gives the folder of a version that is to be written.

    Args:
        model_path: `<base>/<name>`.
        version: int > 0; None: the next free one.

    Raises:
        UserError: the version exists, or is no positive integer.
    """
    there = model_path.iterdir() if model_path.is_dir() else ()
    taken = [int(p.name) for p in there if p.name.isdecimal()]
    free = max(taken, default=0) + 1
    version = free if version is None else version
    if version < 1:
        raise UserError(f"version must be a positive integer, not {version}.")
    path = model_path / str(version)
    if path.exists():
        raise UserError(
            f"{path} exists and is never overwritten; the next free version "
            f"is {free}."
        )
    return path
