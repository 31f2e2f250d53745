"""A MODEL_DIR is one run's at a time: a file in it names the owner.

Each run writes `running-<token>.json` and then looks for those of others: of
two that begin at once, at least one sees the other. That holds wherever what
was written is seen by the next who looks, on disks and in buckets alike, and
needs no locks. The owner renews its file; a run that ends removes it.

Of an owner that was killed the file stays. On its own host its process is not
there any more; elsewhere nobody renews the file.
"""

import contextlib
import dataclasses
import json
import os
import platform
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
from absl import logging

from pali_tf import files
from pali_tf.errors import UserError, told
from pali_tf.run import processes

_BEAT_SECONDS = 5.0
# Without a beat for so long, an owner on another host is gone. We look on
# meanwhile, as its clock may be wrong; processes that wait for us take 30 s.
_PATIENCE_SECONDS = 20.0
# So old a beat needs no looking on: no clock is that wrong.
_SURELY_GONE_SECONDS = 600.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Claim:
    """What the file of an owner says.

    Attributes:
        host: its name.
        process: the process' number there.
        place: what tells whether a number means a process of ours.
        start: when the process began, in the system's own count.
        since: when it took the folder.
        beat: seconds since 1970, renewed.
    """

    host: str
    process: int
    place: str
    start: str
    since: str
    beat: float

    def is_process_gone(self) -> bool:
        """Whether the process was one of this machine's, and has ended."""
        return self.place == _place() and self.start != _start_of(self.process)

    def told(self) -> str:
        """Names it."""
        return f"process {self.process} on {self.host}, since {self.since}"


@contextlib.contextmanager
def held(model_dir: str | os.PathLike[str]) -> Iterator[Callable[[], None]]:
    """Makes a MODEL_DIR this run's for a block; every process enters it.

    Yields:
        What raises UserError once another run has taken the folder over.

    Raises:
        UserError: another run has it, or it cannot be written to.
    """
    owner = processes.first_alone(lambda: _Owner(model_dir))
    if owner is None:
        yield lambda: None
        return
    with contextlib.closing(owner), _unwound_by_sigterm():
        yield owner.check


class _Owner:
    """Holds a folder until it is closed."""

    def __init__(self, model_dir: str | os.PathLike[str]):
        folder = files.as_path(model_dir)
        self._folder = folder
        self._path = folder / f"running-{uuid.uuid4().hex}.json"
        now = time.time()
        self._claim = _Claim(
            host=platform.node(),
            process=os.getpid(),
            place=_place(),
            start=_start_of(os.getpid()),
            since=time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)),
            beat=now,
        )
        try:
            self._write()
        except UserError as error:
            why = getattr(error.__cause__, "strerror", None) or str(error)
            if files.is_bucket(folder):
                if isinstance(error, FileNotFoundError):
                    why = "there is no such bucket"
            elif folder.is_file():
                why = "it is a file"
            raise UserError(
                f"MODEL_DIR {folder} cannot be written to: {why.rstrip('.')}. "
                "Name a folder that can."
            ) from error
        self._stop = threading.Event()
        try:
            self._refuse_if_taken()
        except BaseException:
            self._path.unlink(missing_ok=True)
            raise
        self._thread = threading.Thread(
            target=self._beat, name="owner", daemon=True
        )
        self._thread.start()

    def _write(self) -> None:
        content = json.dumps(dataclasses.asdict(self._claim))
        files.write_whole(self._path, content)

    def _refuse_if_taken(self) -> None:
        for path in self._folder.glob("running-*.json"):
            if path.name == self._path.name:
                continue
            claim = _read(path)
            if claim is None:
                continue
            if _is_alive(path, claim):
                raise UserError(
                    f"{self._folder} is another run's: {claim.told()}. Stop it "
                    "or wait for its end, or name another MODEL_DIR. If you "
                    f"know that it is gone, remove {path}."
                )
            logging.warning("Taking over from %s: it is gone.", claim.told())
            path.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._stop.wait(_BEAT_SECONDS):
            self._claim = dataclasses.replace(self._claim, beat=time.time())
            try:
                with told(self._path):
                    if not self._path.exists():
                        return
                    self._write()
            except UserError as error:
                logging.warning("Could not renew %s: %s", self._path, error)

    @told()
    def check(self) -> None:
        """Raises UserError if another run took this one for gone."""
        if not self._path.exists():
            raise UserError(
                f"{self._path} was removed: another run took {self._folder} "
                "over while this one did not answer, so this one ends and "
                "writes no more."
            )

    def close(self) -> None:
        """Gives the folder back."""
        self._stop.set()
        self._thread.join()
        try:
            with told(self._path):
                self._path.unlink(missing_ok=True)
        except UserError as error:
            # The next run sees that this process is gone.
            logging.warning("Could not remove %s: %s", self._path, error)


def _read(path: Any) -> _Claim | None:
    """Reads a claim; None: it is gone."""
    try:
        return _Claim(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{path} does not say which run has the folder; if none has, "
            "remove it."
        ) from error


def _is_alive(path: Any, claim: _Claim) -> bool:
    """Whether an owner still runs; looks on for a while where need be."""
    if claim.place == _place():
        return not claim.is_process_gone()
    if time.time() - claim.beat > _SURELY_GONE_SECONDS:
        return False
    logging.warning(
        "%s names %s: looking for %.0f s whether it is still there.",
        path,
        claim.told(),
        _PATIENCE_SECONDS,
    )
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        time.sleep(_BEAT_SECONDS / 10)
        found = _read(path)
        if found != claim:
            return found is not None
    return False


def _place() -> str:
    """Tells two machines, boots and containers apart."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        boot, namespace = "", ""
    return f"{platform.node()} {boot} {namespace}"


def _start_of(process: int) -> str:
    """Tells when a process of this machine began; "": it has ended."""
    try:
        # After the name, which may hold spaces: state, ..., start (field 22).
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
    except OSError:
        return "" if Path("/proc/self").exists() else _answer_of(process)
    state, *fields = stat.split()
    return "" if state in ("Z", "X") else fields[18]


def _answer_of(process: int) -> str:
    """Where no /proc is: "" if the process has ended, else the same text."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "running"


@contextlib.contextmanager
def _unwound_by_sigterm() -> Iterator[None]:
    """Lets SIGTERM leave blocks in order, where nothing else catches it."""
    is_ours = (
        # JAX catches it for several processes, and Python does not know that.
        jax.process_count() == 1
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not is_ours:
        yield
        return

    def leave(number: int, frame: Any) -> None:
        del frame
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
