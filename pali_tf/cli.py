"""`pali`: one command over every program of the package.

Only the standard library is imported here, and a command's module only once
it is called, so that `pali --help` answers at once.
"""

import dataclasses
import importlib
import importlib.metadata
import sys
from collections.abc import Callable, Sequence

from pali_tf.errors import EXIT_USER_ERROR, nearest, run_command


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Where a command lives. `module.main(argv)` returns its exit code."""

    module: str
    help: str

    def load(self) -> Callable[[list[str]], int | None]:
        """Imports the module and gives its `main`."""
        return importlib.import_module(self.module).main


COMMANDS = {
    "doctor": Command(
        module="pali_tf.commands.doctor",
        help="report versions, devices, fonts and what is missing",
    ),
    "demo": Command(
        module="pali_tf.commands.demo",
        help="do all of it, start to finish, on a generated sample",
    ),
    "sample-data": Command(
        module="pali_tf.commands.sample_data",
        help="generate the sample of WebLI as TFRecord shards",
    ),
    "import": Command(
        module="pali_tf.commands.import_data",
        help="bring a data set's own files into shards to train on",
    ),
    "index": Command(
        module="pali_tf.commands.index",
        help="make the indexes of a data folder, and count its shards",
    ),
    "pretrain-vision": Command(
        module="pali_tf.commands.pretrain_vision",
        help="train the ViT on classification and average its two ends",
    ),
    "build-data": Command(
        module="pali_tf.commands.build_data",
        help="store the ViT's tokens beside the images of a data folder",
    ),
    "inspect": Command(
        module="pali_tf.commands.inspect_data",
        help="show what a mixture gives the model, and what looks wrong",
    ),
    "plan": Command(
        module="pali_tf.commands.plan",
        help="show the parameters and bytes of a run, from its gin file",
    ),
    "train": Command(
        module="pali_tf.commands.train",
        help="train from a gin file",
    ),
    "convert": Command(
        module="pali_tf.commands.convert",
        help="turn a checkpoint of another format into ours, or back",
    ),
    "eval": Command(
        module="pali_tf.commands.eval",
        help="evaluate a checkpoint on every task of a mixture",
    ),
    "score": Command(
        module="pali_tf.commands.score",
        help="score a file of predictions again, without a model",
    ),
    "infer": Command(
        module="pali_tf.commands.infer",
        help="write predictions or scores of a task as JSON lines",
    ),
    "export": Command(
        module="pali_tf.commands.export",
        help="write a checkpoint as a SavedModel for TF Serving",
    ),
    "save-preset": Command(
        module="pali_tf.commands.save_preset",
        help="write a checkpoint as a folder for PaliModel.from_preset",
    ),
    "serve": Command(
        module="pali_tf.commands.serve",
        help="serve a SavedModel over gRPC",
    ),
    "ask": Command(
        module="pali_tf.commands.ask",
        help="ask a server about an image",
    ),
    "report": Command(
        module="pali_tf.commands.report",
        help="write an HTML report of a run",
    ),
}


def usage() -> str:
    """Gives the text of `pali --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {c.help}" for name, c in COMMANDS.items()]
    return "\n".join(
        [
            "usage: pali [--debug] COMMAND [ARGUMENTS]",
            "",
            "PaLI: train, evaluate, export and serve.",
            "",
            "commands:",
            *lines,
            "",
            "options:",
            "  --help     this text; `pali COMMAND --help` for a command's own",
            "  --version  the version of pali_tf",
            "  --debug    show the traceback of an error (or PALI_DEBUG=1)",
        ]
    )


def unknown_command(name: str) -> str:
    """Gives the message for a command that does not exist.

    Example: unknown_command("trian") ends with "did you mean 'train'?".
    """
    return f"pali: no command '{name}'{nearest(name, COMMANDS)}"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: The arguments after the program's name; the process's by default.

    Returns:
        The exit code: 0, the command's own, or 2 after a user error.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = arguments[:1] == ["--debug"]
    if debug:
        arguments.pop(0)
    if not arguments:
        print(usage(), file=sys.stderr)
        return EXIT_USER_ERROR
    name, *rest = arguments
    if name in ("-h", "--help", "help"):
        print(usage())
        return 0
    if name == "--version":
        print(f"pali_tf {importlib.metadata.version('pali_tf')}")
        return 0
    if name not in COMMANDS:
        print(unknown_command(name), file=sys.stderr)
        return EXIT_USER_ERROR
    return run_command(COMMANDS[name].load(), rest, debug=debug)


if __name__ == "__main__":
    raise SystemExit(main())
