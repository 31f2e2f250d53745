"""JSON files, read with the name of the one that is damaged."""

import json
import os
from typing import Any

from pali_tf import files
from pali_tf.errors import UserError, told


def read(path: str | os.PathLike[str], **hooks: Any) -> Any:
    """Reads a file.

    Raises:
        UserError: it is no JSON or cannot be read; the message names it.
    """
    with told(path):
        content = files.as_path(path).read_bytes()
    try:
        return json.loads(content, **hooks)
    except ValueError as error:
        raise UserError(f"{path} is no JSON: {error}.") from error


def write(path: str | os.PathLike[str], content: object) -> None:
    """Writes a file whole or not at all."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    files.write_whole(path, text + "\n")
