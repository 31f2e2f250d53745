"""`pali`: one command over every program of the package.

Only the standard library is imported here, and a command's module only once
it is called, so that `pali --help` answers at once.
"""

import importlib
import importlib.metadata
import sys
from collections.abc import Sequence

from pali_tf.errors import EXIT_USER_ERROR, nearest, run_command

COMMANDS = {
    "doctor": "report versions, devices, fonts and what is missing",
    "demo": "do all of it, start to finish, on a generated sample",
    "sample-data": "generate the sample of WebLI as TFRecord shards",
    "import": "bring a data set's own files into shards to train on",
    "index": "make the indexes of a data folder, and count its shards",
    "pretrain-vision": "train the ViT on classification and average its "
    "two ends",
    "build-data": "store the ViT's tokens beside the images of a data folder",
    "inspect": "show what a mixture gives the model, and what looks wrong",
    "plan": "show the parameters and bytes of a run, from its gin file",
    "train": "train from a gin file",
    "convert": "turn a checkpoint of another format into ours, or back",
    "eval": "evaluate a checkpoint on every task of a mixture",
    "score": "score a file of predictions again, without a model",
    "infer": "write predictions or scores of a task as JSON lines",
    "export": "write a checkpoint as a SavedModel for TF Serving",
    "save-preset": "write a checkpoint as a folder for PaliModel.from_preset",
    "serve": "serve a SavedModel over gRPC",
    "ask": "ask a server about an image",
    "report": "write an HTML report of a run",
}
# Where a command's name would not do as its module's.
_MODULES = {"import": "import_data", "inspect": "inspect_data"}
_USAGE = """\
usage: pali [--debug] COMMAND [ARGUMENTS]

PaLI: train, evaluate, export and serve.

commands:
{commands}

options:
  --help     this text; `pali COMMAND --help` for a command's own
  --version  the version of pali_tf
  --debug    show the traceback of an error (or PALI_DEBUG=1)"""


def module_of(name: str) -> str:
    """Gives the module of a command; its `main(argv)` is the program."""
    module = _MODULES.get(name, name.replace("-", "_"))
    return f"pali_tf.commands.{module}"


def usage() -> str:
    """Gives the text of `pali --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return _USAGE.format(commands="\n".join(lines))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; gives its exit code, or 2 after a user error."""
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
        end = nearest(name, COMMANDS)
        print(f"pali: no command '{name}'{end}", file=sys.stderr)
        return EXIT_USER_ERROR
    program = importlib.import_module(module_of(name)).main
    return run_command(program, rest, debug=debug)


if __name__ == "__main__":
    raise SystemExit(main())
