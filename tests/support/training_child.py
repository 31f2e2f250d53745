"""Trains the toy in a process of its own, which may be killed on the way.

Processes are forked from one that has imported everything and has not used
JAX, so that each starts at once.
"""

import dataclasses
import hashlib
import multiprocessing
import os
import pathlib
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from etils.epath import Path

from pali_tf import files
from pali_tf.checkpoints import commit
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.run import loop, processes
from pali_tf.run.processes import ProcessFlags
from pali_tf.training.configs import CheckpointConfig, SaveCheckpointConfig
from tests.support import toy_model
from tests.support.compile_cache import compile_cache

_RULES = (("embed", "fsdp"), *toy_model.RULES)
_PATIENCE_SECONDS = 120


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """One process' part of a run.

    Attributes:
        model_dir: of the run, on any storage.
        compile_cache: what processes of a test compile only once.
        total_steps: where it ends.
        num_devices: simulated; 1: the CPU as it is.
        num_partitions: of the model.
        num_fsdp_partitions: of parameters and batch rows.
        processes: how this process finds the others of the run.
        dies_at_batch: the process is killed when it reads this batch.
        dies_in_save: or when a save has come to "arrays", "digests" or
            "rename".
        stalls_in_save: a save is not done before somebody kills the process.
    """

    model_dir: str | os.PathLike[str]
    compile_cache: pathlib.Path
    total_steps: int = 40
    num_devices: int = 1
    num_partitions: int = 1
    num_fsdp_partitions: int = 1
    processes: ProcessFlags = ProcessFlags()
    dies_at_batch: int | None = None
    dies_in_save: str | None = None
    stalls_in_save: bool = False


def train(job: Job) -> int:
    """Runs the job in a process of its own and gives how it ended."""
    return _status(_start(job))


def train_and_signal(job: Job, numbers: Sequence[int]) -> list[int | None]:
    """Sends signals, a second apart, to a process whose save stalls.

    Args:
        job: one that stalls in its first save.
        numbers: the signals.

    Returns:
        How the process ended, or None where it goes on, after each.
    """
    process = _start(job)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    model_dir = files.as_path(job.model_dir)
    while not list(model_dir.glob("checkpoint_*.orbax-*-hashed")):
        assert time.monotonic() < deadline
        assert process.is_alive()
        time.sleep(0.05)
    found = []
    for number in numbers:
        os.kill(process.pid, number)
        process.join(2)
        found.append(process.exitcode)
    process.kill()
    process.join()
    return found


def train_together(job: Job, count: int) -> list[int]:
    """Runs the job in several processes and gives how each ended."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    started = [
        _start(
            dataclasses.replace(
                job,
                processes=ProcessFlags(
                    is_multiprocess=True,
                    coordinator_address=address,
                    process_count=count,
                    process_index=index,
                ),
            )
        )
        for index in range(count)
    ]
    return [_status(process) for process in started]


def _start(job: Job) -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    # Without it they would have that of the first such process.
    environment = dict(os.environ)
    process = context.Process(target=_join_and_train, args=(job, environment))
    process.start()
    return process


def _status(process: Any) -> int:
    process.join(_PATIENCE_SECONDS)
    if process.is_alive():
        process.kill()
        raise TimeoutError("A process did not end.")
    return process.exitcode


def _join_and_train(job: Job, environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    os.environ["XLA_FLAGS"] = (
        f"--xla_force_host_platform_device_count={job.num_devices}"
    )
    with processes.joined(job.processes):
        _train(job)


def _train(job: Job) -> None:
    _arm(job)
    trainer = dataclasses.replace(
        toy_model.make_trainer(ema_decay=0.9),
        partitioner=PjitPartitioner(
            num_partitions=job.num_partitions,
            num_fsdp_partitions=job.num_fsdp_partitions,
            logical_axis_rules=_RULES,
        ),
    )
    config = loop.RunConfig(
        model_dir=str(job.model_dir),
        total_steps=job.total_steps,
        stats_period=1,
        checkpoint=CheckpointConfig(save=SaveCheckpointConfig(period=10)),
        task_names=toy_model.TASKS,
    )

    def batches_from(start: int) -> Iterator[dict[str, np.ndarray]]:
        for i, batch in enumerate(toy_model.batches_from(start), start):
            if i == job.dies_at_batch:
                _die()
            yield {
                name: np.split(rows, jax.process_count())[jax.process_index()]
                for name, rows in batch.items()
            }

    with compile_cache(job.compile_cache):
        _, state = loop.run(
            trainer, config, loop.Hooks(batches_from=batches_from)
        )
    if jax.process_count() == 1:
        files.write_whole(f"{job.model_dir}/state.sha256", _digest(state))


def _digest(state: object) -> str:
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(jax.device_get(state)):
        digest.update(np.ascontiguousarray(leaf).tobytes())
    return digest.hexdigest()


def _arm(job: Job) -> None:
    """Makes a save kill the process at the point that the job names."""
    if job.dies_in_save == "arrays":
        threading.Thread(
            target=_die_when_there_is_a_temporary_folder,
            args=(files.as_path(job.model_dir),),
            daemon=True,
        ).start()
    elif job.stalls_in_save:
        commit.digests.write = lambda folder: _stall()
    elif job.dies_in_save == "digests":
        commit.digests.write = lambda folder: _die()
    elif job.dies_in_save == "rename":
        rename = os.replace
        commit.os.replace = lambda source, target: (
            _die() if "-hashed" in str(source) else rename(source, target)
        )


def _die_when_there_is_a_temporary_folder(model_dir: Path) -> None:
    while not list(model_dir.glob("checkpoint_*.orbax-checkpoint-tmp")):
        time.sleep(0.001)
    _die()


def _stall() -> int:
    time.sleep(_PATIENCE_SECONDS)
    raise AssertionError("nobody killed the process")


def _die() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")
