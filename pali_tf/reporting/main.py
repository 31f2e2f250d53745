"""`pali report`: an HTML report of a run, in one file."""

import argparse
import os
import pathlib
import sys

from pali_tf.reporting import page, run_record
from pali_tf.reporting.images import data_uri, find_images
from pali_tf.user_errors import run_command


def main(argv: list[str]) -> int:
    """Writes the report and says where it is."""
    flags = _parser().parse_args(argv)
    run = run_record.read_run(
        model_dir=flags.model_dir,
        vision_dir=flags.vision_dir,
        answers=flags.answers,
    )
    images = {}
    if flags.data_dir is not None:
        if not flags.data_dir.is_dir():
            raise FileNotFoundError(f"There is no folder {flags.data_dir}.")
        wanted = page.image_ids(run, flags.examples)
        images = {
            source_id: data_uri(encoded)
            for source_id, encoded in find_images(
                flags.data_dir, wanted, flags.split
            ).items()
        }
    text = page.render(
        run,
        images,
        title=flags.title,
        examples_per_task=flags.examples,
        others={
            name: run_record.read_run(model_dir=model_dir)
            for name, model_dir in flags.compare
        },
    )
    _write_atomically(flags.output, text)
    print(f"{flags.output}: {len(text) / 1e6:.1f} MB, {len(images)} images")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pali report", description=__doc__)
    parser.add_argument(
        "model_dir", type=pathlib.Path, help="MODEL_DIR of the run"
    )
    parser.add_argument(
        "--data_dir",
        type=pathlib.Path,
        help="the shards, for the images; without it there are none",
    )
    parser.add_argument(
        "--split", default="test", help="whose images (default: test)"
    )
    parser.add_argument(
        "--vision_dir",
        type=pathlib.Path,
        help="the folder of the ViT's own pre-training",
    )
    parser.add_argument(
        "--answers",
        type=pathlib.Path,
        help="JSON list of answers that came back over gRPC",
    )
    parser.add_argument(
        "--examples",
        type=int,
        default=6,
        help="how many examples of a task (default: 6)",
    )
    parser.add_argument(
        "--compare",
        type=_named_folder,
        action="append",
        default=[],
        metavar="NAME=MODEL_DIR",
        help="show the scores of another run too; may be repeated",
    )
    parser.add_argument(
        "--title", default="PaLI on the generated sample of WebLI"
    )
    parser.add_argument("--output", type=pathlib.Path, required=True)
    return parser


def _named_folder(text: str) -> tuple[str, pathlib.Path]:
    name, _, folder = text.partition("=")
    if not name or not folder:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=MODEL_DIR")
    return name, pathlib.Path(folder)


def _write_atomically(path: pathlib.Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


if __name__ == "__main__":
    sys.exit(run_command(main, sys.argv[1:]))
