"""Which versions of a model are there, and which is written or served next.

A thread looks at the base path every few seconds, loads a new version beside
the one that serves, runs its warm-up requests, and only then puts it in place.
"""

import threading
from typing import Any

import grpc
import tensorflow as tf
from absl import logging
from etils.epath import Path
from tensorflow_serving.apis import model_pb2
from tensorflow_serving.apis.get_model_status_pb2 import ModelVersionStatus

from pali_tf import files
from pali_tf.errors import MissingFileError, UserError, told
from serving.server.errors import ServingError, invalid_argument
from serving.server.servable import Servable
from serving.warmup import run_warmup_requests


@told()
def find_versions(base_path: Path) -> list[int]:
    """Gives the versions under a base path, in order.

    A version is a folder with an integer name that holds a SavedModel.
    """
    if not base_path.is_dir():
        return []
    return sorted(
        int(child.name)
        for child in files.children(base_path)
        if child.name.isdecimal() and (child / "saved_model.pb").is_file()
    )


@told()
def version_path(model_path: Path, version: int | None = None) -> Path:
    """Gives the folder of a version to be written; None: the next free one.

    Raises:
        UserError: the version exists, or is no positive integer.
    """
    there = files.children(model_path) if model_path.is_dir() else ()
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


class ModelVersions:
    """Serves the latest version of one model.

    In a bucket, a version is copied to TMPDIR while it is loaded.

    Raises:
        MissingFileError: there is no version; the message says how to make
            one.
        ServingError: the latest version cannot be loaded.
    """

    def __init__(self, name: str, base_path: Path):
        self.name = name
        self.base_path = base_path
        versions = find_versions(base_path)
        if not versions:
            raise MissingFileError(
                f"No model at {base_path}: expected a folder with an integer "
                "name that holds saved_model.pb. `pali export` writes one."
            )
        self._statuses: dict[int, ModelVersionStatus] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._servable = self._load(versions[-1])

    def get(self, spec: model_pb2.ModelSpec) -> Servable:
        """Resolves a model spec.

        Raises:
            ServingError: NOT_FOUND or INVALID_ARGUMENT, TF Serving's text.

        Source: tensorflow/serving core/basic_manager.cc:139,
        model_servers/server_core.cc:844,890 @ 9d981c5c.
        """
        if not spec.name:
            raise invalid_argument("ModelSpec has no name specified.")
        choice = spec.WhichOneof("version_choice")
        if choice == "version_label":
            raise invalid_argument(
                f"Unrecognized servable version label: {spec.version_label}"
            )
        servable = self._servable
        if choice == "version":
            asked = f"Specific({spec.name}, {spec.version.value})"
            is_served = spec.version.value == servable.version
        else:
            asked, is_served = f"Latest({spec.name})", True
        if spec.name != self.name or not is_served:
            raise ServingError(
                grpc.StatusCode.NOT_FOUND,
                f"Servable not found for request: {asked}",
            )
        return servable

    @property
    def latest_version(self) -> int:
        """The version that serves."""
        return self._servable.version

    def statuses(self) -> list[ModelVersionStatus]:
        """Gives the versions seen since the start, latest first."""
        return sorted(self._statuses.values(), key=lambda s: -s.version)

    def start_polling(self, period_seconds: float) -> None:
        """Looks for a new version every `period_seconds`, until `close`."""
        self._thread = threading.Thread(
            target=self._poll, args=(period_seconds,), daemon=True
        )
        self._thread.start()

    def refresh(self) -> None:
        """Loads the latest version, if it is new and was not tried before.

        What serves stays if the new version cannot be loaded, or if its own
        folder is gone.
        """
        versions = find_versions(self.base_path)
        if not versions or versions[-1] <= self._servable.version:
            return
        if versions[-1] in self._statuses:
            return
        old = self._servable
        try:
            self._servable = self._load(versions[-1])
        except ServingError as error:
            logging.error("%s Version %d stays.", error, old.version)
            return
        self._set(old.version, ModelVersionStatus.END)

    def close(self) -> None:
        """Ends the polling thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _poll(self, period_seconds: float) -> None:
        while not self._stop.wait(period_seconds):
            try:
                self.refresh()
            except UserError as error:
                # The storage may answer the next time.
                logging.error("%s", error)

    def _load(self, version: int) -> Servable:
        path = self.base_path / str(version)
        self._set(version, ModelVersionStatus.LOADING)
        try:
            with files.local_copy(path) as copy:
                servable = Servable(self.name, version, copy)
                num_requests = run_warmup_requests(servable)
        except (OSError, ValueError, tf.errors.OpError, ServingError) as error:
            message = f"{path} cannot be served: {error}"
            self._set(version, ModelVersionStatus.END, message)
            raise ServingError(
                grpc.StatusCode.FAILED_PRECONDITION, message
            ) from error
        self._set(version, ModelVersionStatus.AVAILABLE)
        logging.info(
            "Version %d of %s serves, after %d warm-up requests.",
            version,
            self.name,
            num_requests,
        )
        return servable

    def _set(self, version: int, state: Any, error: str = "") -> None:
        status = ModelVersionStatus(version=version, state=state)
        if error:
            failed = grpc.StatusCode.FAILED_PRECONDITION
            status.status.error_code = failed.value[0]
            status.status.error_message = error
        # A new dict: who iterates over the old one is not disturbed.
        self._statuses = {**self._statuses, version: status}
