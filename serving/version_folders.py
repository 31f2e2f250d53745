"""The folders `<base>/<name>/<version>/` that TF Serving looks for."""

from etils.epath import Path

from pali_tf.errors import UserError, told


@told()
def next_version(model_path: Path) -> int:
    """Gives the number after the largest one there; 1 where there is none."""
    if not model_path.is_dir():
        return 1
    taken = [int(p.name) for p in model_path.iterdir() if p.name.isdecimal()]
    return max(taken, default=0) + 1


def version_path(model_path: Path, version: int | None = None) -> Path:
    """Gives the folder of a version that is to be written.

    Args:
        model_path: `<base>/<name>`.
        version: int > 0; None: the next free one.

    Raises:
        UserError: the version exists, or is no positive integer.
    """
    if version is None:
        version = next_version(model_path)
    if version < 1:
        raise UserError(f"version must be a positive integer, not {version}.")
    path = model_path / str(version)
    if path.exists():
        raise UserError(
            f"{path} exists and is never overwritten; the next free version "
            f"is {next_version(model_path)}."
        )
    return path
