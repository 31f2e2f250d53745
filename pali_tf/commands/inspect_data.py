"""`pali inspect`: what a mixture gives the model, before a step is trained.

Draws the examples that training with the same seed begins with, counts them
in a table, names what looks wrong, and writes a page to browse them.
"""

import argparse
import importlib
import os

from pali_tf import files


def main(argv: list[str]) -> int:
    """Runs the command; gives its exit status."""
    flags = _parse(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow and SeqIO: a few seconds, which --help need not wait for.
    import tqdm

    from pali_tf.data import task_features
    from pali_tf.data.data_root import DataRoot
    from pali_tf.data.input_pipeline import Reading
    from pali_tf.inspection import findings, page, sample, statistics, table
    from pali_tf.run import host_tensorflow
    from seqio_tasks import named

    host_tensorflow.set_up()
    for name in flags.module_import:
        importlib.import_module(name)
    if flags.cache_dir is not None:
        task_features.add_cache_dirs(flags.cache_dir)
    data = named.find(flags.mixture, DataRoot(flags.data_dir, flags.vocabulary))
    lengths = {**flags.lengths, "images": flags.image_size}
    reading = Reading(
        feature_lengths=lengths,
        batch_size=flags.batch_size,
        seed=flags.seed,
        split=flags.split,
        use_cached=flags.cache_dir is not None,
    )
    drawn = sample.draw(data, reading, flags.num_examples)
    examples = list(
        tqdm.tqdm(drawn, "Drawing", total=flags.num_examples, unit="example")
    )
    tasks = statistics.summarize(examples, sample.shares(data), lengths)
    found = findings.find(examples)
    print(table.format_table(tasks))
    print(table.format_findings(found, examples))
    text = page.render(
        page.Source(
            name=flags.mixture,
            split=flags.split,
            data_dir=flags.cache_dir or flags.data_dir or "the data root",
            seed=flags.seed,
            image_size=flags.image_size,
        ),
        examples,
        tasks,
        found,
    )
    files.write_whole(flags.output, text)
    size = len(text.encode()) / 1e6
    print(f"{flags.output}: {size:.1f} MB, {len(examples):,} examples")
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pali inspect", description=__doc__, allow_abbrev=False
    )
    parser.add_argument(
        "--mixture",
        "--task",
        required=True,
        help="a mixture or task, such as pali_pretrain, captioning:my_shop, or "
        "\"{'captioning:my_shop': 1, 'webli_ocr': 0.5}\"",
    )
    _add_data(parser)
    parser.add_argument(
        "--num_examples", type=_positive, default=1000, help="default: 1000"
    )
    parser.add_argument(
        "--batch_size",
        type=_positive,
        default=32,
        help="of the run: the same size and seed, the same examples "
        "(default: 32)",
    )
    parser.add_argument(
        "--image_size",
        type=_positive,
        default=224,
        help="side of the images in pixels (default: 224)",
    )
    parser.add_argument(
        "--lengths",
        type=_lengths,
        default="inputs=128,targets=128",
        help="in tokens, as TASK_FEATURE_LENGTHS of the run "
        "(default: inputs=128,targets=128)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="of the run: the same seed, the same examples (default: 0)",
    )
    parser.add_argument(
        "--output",
        type=files.as_path,
        default="inspect.html",
        help="the page to write (default: inspect.html)",
    )
    return parser.parse_args(argv)


def _add_data(parser: argparse.ArgumentParser) -> None:
    """Adds what tells where the examples are."""
    parser.add_argument(
        "--data_dir",
        help="the stored examples (default: $PALI_DATA_DIR)",
    )
    parser.add_argument(
        "--vocabulary",
        help="a sentencepiece.model outside the data (default: theirs)",
    )
    parser.add_argument("--split", default="train", help="default: train")
    parser.add_argument(
        "--cache_dir",
        help="read what seqio_cache_tasks wrote there",
    )
    parser.add_argument(
        "--module_import",
        action="append",
        default=[],
        metavar="MODULE",
        help="a Python module that registers tasks; may be repeated",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _lengths(text: str) -> dict[str, int]:
    lengths = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or not value.isdigit() or int(value) < 1:
            raise argparse.ArgumentTypeError(
                f"{part!r} is not NAME=TOKENS, such as inputs=128"
            )
        lengths[name] = int(value)
    missing = {"inputs", "targets"} - lengths.keys()
    if missing:
        raise argparse.ArgumentTypeError(
            f"{text!r} lacks {', '.join(sorted(missing))}"
        )
    return lengths
