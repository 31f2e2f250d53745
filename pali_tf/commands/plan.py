"""`pali plan`: what a run will need, from its gin file alone.

Without a topology, by formula, in seconds. With one, the real train step is
compiled for it; libtpu is needed for that, no TPU.
"""

import argparse
import dataclasses
from typing import Any

from pali_tf.backend import set_backend
from pali_tf.commands import gin_flags
from pali_tf.commands.train import train  # noqa: F401 (bound by the run's own file)
from pali_tf.errors import UserError
from pali_tf.planning.topology import Topology, parse_topology
from pali_tf.run import program_log

_RUN_FILE = "gin/runs/plan.gin"
# The tasks of the paper's mixture: sizes of a few counters.
_NUM_TASKS = 8
EXIT_DOES_NOT_FIT = 1


def plan(
    *,
    model: Any,
    trainer_cls: Any,
    partitioner: Any,
    batch_size: int,
    task_feature_lengths: Any,
    topology: Topology | None = None,
    is_search: bool = False,
    compile_limit: int = 3,
) -> int:
    """Prints the plan of a run; nothing of it is allocated.

    Args:
        model: the PaliTrainingModel.
        trainer_cls: the Trainer, bound but not made.
        partitioner: the PjitPartitioner.
        batch_size: B.
        task_feature_lengths: of "inputs" and "targets".
        topology: what to compile for; None: nothing is compiled.
        is_search: whether layouts are compared.
        compile_limit: how many of them are compiled.

    Returns:
        0; 1 where no layout that was compiled fits.
    """
    # These import JAX and keras; the backend is chosen by now.
    from pali_tf.planning import program
    from pali_tf.planning.run import Run

    run = Run(
        trainer=trainer_cls(
            model=model,
            partitioner=partitioner,
            num_tasks=_NUM_TASKS,
            random_seed=0,
        ),
        batch_size=batch_size,
        feature_lengths=task_feature_lengths,
    )
    if topology is None:
        print(program.describe(run))
        return 0
    if is_search:
        fits = program.search_layouts(run, topology, compile_limit, print)
    else:
        fits = program.compile_for(run, topology, print)
    return 0 if fits else EXIT_DOES_NOT_FIT


def _add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--topology",
        metavar="CHIP:SHAPE",
        help="compile the train step for this slice, such as v4:8x8x16",
    )
    parser.add_argument(
        "--search",
        action="store_true",
        help="compare layouts on --topology, and recommend one",
    )
    parser.add_argument(
        "--compile_limit",
        type=int,
        default=3,
        metavar="N",
        help="how many layouts --search compiles (0: none, formulas only)",
    )


def main(argv: list[str]) -> int:
    """Runs the command; gives its exit status."""
    flags = gin_flags.parse_flags("pali plan", __doc__ or "", argv, _add_flags)
    own = flags.arguments
    if own.search and own.topology is None:
        raise UserError("--search needs --topology, such as v4:8x8x16.")
    if own.compile_limit < 0:
        raise UserError(f"--compile_limit is {own.compile_limit}, below 0.")
    topology = own.topology and parse_topology(own.topology)
    set_backend("jax")
    program_log.set_up()
    flags = dataclasses.replace(flags, files=(*flags.files, _RUN_FILE))
    gin_flags.load(flags, __name__)
    return gin_flags.call(
        plan,
        topology=topology,
        is_search=own.search,
        compile_limit=own.compile_limit,
    )
