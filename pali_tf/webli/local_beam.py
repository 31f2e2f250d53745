"""Beam on this machine: its runner, and a bar that counts shards."""

import contextlib
import threading
from collections.abc import Iterable, Iterator, Sequence

import tqdm
from apache_beam.portability.api import beam_provision_api_pb2
from apache_beam.runners.portability.fn_api_runner import fn_runner
from etils.epath import Path
from google.protobuf import struct_pb2

from pali_tf import files

# Between two looks; a bucket counts them.
_SECONDS = 0.5
_BUCKET_SECONDS = 5.0


def quiet_runner() -> fn_runner.FnApiRunner:
    """Gives a runner whose workers log errors only.

    FnApiRunner hands a pipeline's options on to its workers only this way.
    """
    options = struct_pb2.Struct()
    options.update({"beam:option:default_sdk_harness_log_level:v1": "ERROR"})
    return fn_runner.FnApiRunner(
        provision_info=fn_runner.ExtendedProvisionInfo(
            beam_provision_api_pb2.ProvisionInfo(pipeline_options=options)
        )
    )


@contextlib.contextmanager
def counted(shards: Sequence[Path], title: str) -> Iterator[None]:
    """Shows, on standard error, how many of the shards are in place.

    Args:
        shards: files that take their names when they are whole, whichever
            process or machine writes them. Those that are there are removed.
        title: what is done.
    """
    folders = {shard.parent for shard in shards}
    for shard in _present(folders) & set(shards):
        shard.unlink()
    done = threading.Event()
    in_bucket = any(map(files.is_bucket, folders))
    seconds = _BUCKET_SECONDS if in_bucket else _SECONDS
    with tqdm.tqdm(total=len(shards), unit="shard", desc=title) as bar:

        def watch() -> None:
            is_last = False
            while not is_last:
                is_last = done.wait(seconds)
                bar.update(len(_present(folders) & set(shards)) - bar.n)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _present(folders: Iterable[Path]) -> set[Path]:
    return {
        path
        for folder in folders
        if folder.is_dir()
        for path in files.children(folder)
    }
