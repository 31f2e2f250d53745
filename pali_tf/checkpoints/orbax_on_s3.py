"""orbax on s3://: a patch of the one function that tells where arrays are.

orbax 0.12 writes to gs:// and knows no s3://. Its arrays go through
tensorstore, which does; so orbax makes the specification of a gs:// path, and
here the driver takes its place, and the endpoint, which tensorstore's S3 does
not read from the environment.
"""

import os
from typing import Any

from orbax.checkpoint._src.serialization import tensorstore_utils

_S3 = "s3://"
_specification_of = tensorstore_utils.build_kvstore_tspec


def set_up() -> None:
    """Lets orbax read and write arrays on s3://."""
    tensorstore_utils.build_kvstore_tspec = _specification


def _specification(directory: str, *args: Any, **kwargs: Any) -> Any:
    directory = os.fspath(directory)
    if not directory.startswith(_S3):
        return _specification_of(directory, *args, **kwargs)
    as_gs = f"gs://{directory.removeprefix(_S3)}"
    return _on_s3(_specification_of(as_gs, *args, **kwargs))


def _on_s3(specification: Any) -> Any:
    if isinstance(specification, list):
        return [_on_s3(part) for part in specification]
    if not isinstance(specification, dict):
        return specification
    if specification.get("driver") != "gcs":
        return {name: _on_s3(part) for name, part in specification.items()}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get(
        "AWS_ENDPOINT_URL"
    )
    named = {"endpoint": endpoint} if endpoint else {}
    return {**specification, "driver": "s3", **named}
