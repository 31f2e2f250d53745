"""One of several processes that train the toy model together.

python -m tests.support.process_child MODEL_DIR NUM_STEPS NUM_PARTITIONS \
    [--coordinator_address=... --process_count=... --process_index=...]

"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator

import numpy as np
from absl import logging

from pali_tf.errors import run_command
from pali_tf.partitioning.process_rows import process_rows
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.run import loop, processes, program_log
from pali_tf.run.interruption import TrainingInterrupted
from pali_tf.training.configs import CheckpointConfig, SaveCheckpointConfig
from tests.support import toy_model

BATCH_SIZE = 8
# Time for a signal between two steps.
PAUSE_SECONDS = 0.1


def train(
    model_dir: str, num_steps: int, num_partitions: int, seed: int
) -> None:
    """Trains the toy on the devices of all processes."""
    trainer = dataclasses.replace(
        toy_model.make_trainer(seed=seed),
        partitioner=PjitPartitioner(
            num_partitions=num_partitions, logical_axis_rules=toy_model.RULES
        ),
    )

    def batches_from(start: int) -> Iterator[dict[str, np.ndarray]]:
        own = process_rows(trainer.mesh, BATCH_SIZE)
        for batch in toy_model.batches_from(start):
            time.sleep(PAUSE_SECONDS)
            yield {name: values[own] for name, values in batch.items()}

    config = loop.RunConfig(
        model_dir=model_dir,
        total_steps=num_steps,
        stats_period=1,
        checkpoint=CheckpointConfig(save=SaveCheckpointConfig(period=5)),
        task_names=toy_model.TASKS,
    )
    loop.run(trainer, config, loop.Hooks(batches_from=batches_from))


def main(argv: list[str]) -> int:
    """Runs one process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model_dir")
    parser.add_argument("num_steps", type=int)
    parser.add_argument("num_partitions", type=int)
    parser.add_argument("--seed", type=int, default=0)
    processes.add_flags(parser)
    flags = parser.parse_args(argv)
    program_log.set_up()
    try:
        with processes.joined(processes.flags_of(flags)):
            train(
                flags.model_dir,
                flags.num_steps,
                flags.num_partitions,
                flags.seed,
            )
    except TrainingInterrupted as stop:
        logging.warning("%s", stop)
        return 128 + stop.signal_number
    return 0


if __name__ == "__main__":
    raise SystemExit(run_command(main, sys.argv[1:]))
