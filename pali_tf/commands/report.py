"""`pali report`: an HTML report of a run, in one file."""

import argparse

from etils.epath import Path

from pali_tf import files
from pali_tf.errors import MissingFileError, UserError
from pali_tf.reporting import page, run_record
from pali_tf.reporting.model_dir import check_model_dir


def main(argv: list[str]) -> int:
    """Runs the command; gives its exit status."""
    flags = _parser().parse_args(argv)
    others = dict(flags.compare)
    for folder in (flags.model_dir, *others.values()):
        check_model_dir(folder)
    run = run_record.read_run(
        model_dir=flags.model_dir,
        vision_dir=flags.vision_dir,
        answers=flags.answers,
    )
    images = {}
    if flags.data_dir is not None:
        if not flags.data_dir.is_dir():
            raise MissingFileError(f"There is no folder {flags.data_dir}.")
        images = _read_images(run, flags)
    text = page.render(
        run,
        images,
        title=flags.title or files.absolute(flags.model_dir).name,
        examples_per_task=flags.examples,
        others={
            name: run_record.read_run(model_dir=model_dir)
            for name, model_dir in others.items()
        },
        stated_peak=flags.peak_flops,
    )
    output = flags.output or flags.model_dir / "report.html"
    files.write_whole(output, text)
    print(f"{output}: {len(text) / 1e6:.1f} MB, {len(images)} images")
    for fault in run.faults:
        print(f"broken: {fault}")
    return 0


def _read_images(
    run: run_record.RunRecord, flags: argparse.Namespace
) -> dict[str, str]:
    # The readers of shards take a second to import.
    from pali_tf.reporting.images import data_uri, find_images

    wanted = page.image_ids(run, flags.examples)
    found = find_images(flags.data_dir, wanted, flags.split)
    return {name: data_uri(encoded) for name, encoded in found.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pali report", description=__doc__)
    parser.add_argument(
        "model_dir", type=files.as_path, help="MODEL_DIR of the run"
    )
    parser.add_argument(
        "--data_dir",
        type=files.as_path,
        help="the shards, for the images; without it there are none",
    )
    parser.add_argument(
        "--split", default="test", help="whose images (default: test)"
    )
    parser.add_argument(
        "--vision_dir",
        type=files.as_path,
        help="the folder of the ViT's own pre-training",
    )
    parser.add_argument(
        "--answers",
        type=files.as_path,
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
        metavar="[NAME=]MODEL_DIR",
        help="another run: curves over this one's, scores, what differs; may "
        "be repeated",
    )
    parser.add_argument(
        "--peak_flops",
        type=float,
        help="FLOP/s of a device, which the MFU is a share of (default: by "
        "the kind of device, where it is known)",
    )
    parser.add_argument("--title", help="of the page (default: the folder's)")
    parser.add_argument(
        "--output",
        type=files.as_path,
        help="the file to write (default: MODEL_DIR/report.html)",
    )
    return parser


def _named_folder(text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    # "NAME=gs://bucket/run" begins like no path.
    if not equals or ("://" not in folder and files.as_path(text).is_dir()):
        return text, files.as_path(text)
    if not name or not folder:
        raise UserError(f"{text!r} is not NAME=MODEL_DIR")
    return name, files.as_path(folder)
