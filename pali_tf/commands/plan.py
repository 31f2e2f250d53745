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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The command's own flags.

    Attributes:
        topology: what to compile for; None: nothing is compiled.
        is_search: whether layouts are compared.
        compile_limit: how many of them are compiled.
    """

    topology: Topology | None = None
    is_search: bool = False
    compile_limit: int = 3


def plan(
    *,
    model: Any,
    trainer_cls: Any,
    partitioner: Any,
    batch_size: int,
    task_feature_lengths: Any,
    options: Options = Options(),
) -> int:
    """Prints the plan of a run; nothing of it is allocated.

    Args:
        model: the PaliTrainingModel.
        trainer_cls: the Trainer, bound but not made.
        partitioner: the PjitPartitioner.
        batch_size: B.
        task_feature_lengths: of "inputs" and "targets".
        options: the command's own flags.

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
    if options.topology is None:
        print(program.describe(run))
        return 0
    if options.is_search:
        fits = program.search_layouts(
            run, options.topology, options.compile_limit, print
        )
    else:
        fits = program.compile_for(run, options.topology, print)
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


def _options(arguments: argparse.Namespace) -> Options:
    if arguments.search and arguments.topology is None:
        raise UserError("--search needs --topology, such as v4:8x8x16.")
    if arguments.compile_limit < 0:
        raise UserError(
            f"--compile_limit is {arguments.compile_limit}, below 0."
        )
    return Options(
        topology=arguments.topology and parse_topology(arguments.topology),
        is_search=arguments.search,
        compile_limit=arguments.compile_limit,
    )


def main(argv: list[str]) -> int:
    """Runs the command; gives its exit status."""
    flags = gin_flags.parse_flags("pali plan", __doc__ or "", argv, _add_flags)
    options = _options(flags.arguments)
    set_backend("jax")
    program_log.set_up()
    flags = dataclasses.replace(flags, files=(*flags.files, _RUN_FILE))
    gin_flags.load(flags, __name__)
    return gin_flags.call(plan, options=options)
