"""`pali plan`: the parameters and bytes of a run, from its gin file alone."""

import dataclasses
import sys
from typing import Any

from pali_tf import gin_flags, program_log
from pali_tf.backend import set_backend
from pali_tf.train import train  # noqa: F401 (bound by the run's own file)
from pali_tf.user_errors import run_command

_RUN_FILE = "gin/runs/plan.gin"


def plan(
    *,
    config: Any,
    trainable: str,
    optimizer_def: Any,
    learning_rate_fn: Any,
    partitioner: Any,
    is_dry_run: bool = False,
) -> str:
    """Describes a run without allocating it.

    Args:
        config: a PaliConfig.
        trainable: regex over whole parameter paths.
        optimizer_def: the Adafactor.
        learning_rate_fn: its schedule.
        partitioner: the PjitPartitioner.
        is_dry_run: no difference, as nothing is ever done.

    Returns:
        The tree of parameters, and the bytes that training holds.
    """
    del is_dry_run
    # These import JAX and keras; the backend is chosen by now.
    from pali_tf.planning import parameters
    from pali_tf.training import freezing
    from pali_tf.training.model import PaliTrainingModel

    model = PaliTrainingModel(config=config)
    specs = model.functional.specs
    split = freezing.split_paths(specs, trainable)
    rows = parameters.make_rows(specs, split, model.frozen_dtype)
    size = parameters.format_bytes
    held = sum(row.bytes for row in rows)
    slots = parameters.slot_bytes(
        specs, split, optimizer_def.make(learning_rate_fn)
    )
    gradients = sum(row.bytes for row in rows if row.trains)
    partitions = partitioner.num_partitions or 1
    share = sum(
        row.bytes_a_device(partitioner.rules(), partitions) for row in rows
    )
    trains = sum(row.numbers for row in rows if row.trains)
    total = model.functional.num_parameters
    return "\n".join(
        [
            parameters.format_rows(rows),
            "",
            f"total        {total:,} numbers ({total / 1e9:.3f}B)",
            f"trains       {trains:,} numbers ({trains / 1e9:.3f}B)",
            f"parameters   {size(held)}",
            f"gradients    {size(gradients)}",
            f"optimizer    {size(slots)}",
            f"one device   {size(share)} of the parameters, "
            f"NUM_PARTITIONS = {partitions}",
        ]
    )


def main(argv: list[str]) -> int:
    """Runs the command.

    Args:
        argv: the arguments after the command's name.

    Returns:
        The exit status.
    """
    flags = gin_flags.parse_flags("pali plan", __doc__ or "", argv)
    if not flags.files:
        raise ValueError(
            "Name a run to plan, such as --gin_file=gin/pali_17b.gin."
        )
    set_backend("jax")
    program_log.set_up()
    flags = dataclasses.replace(flags, files=(*flags.files, _RUN_FILE))
    gin_flags.load(flags, __name__)
    print(gin_flags.call(plan))
    return 0


if __name__ == "__main__":
    raise SystemExit(run_command(main, sys.argv[1:]))
