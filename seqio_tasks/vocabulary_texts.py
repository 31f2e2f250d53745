"""The strings that the tasks make of a data root, to train its vocabulary on.

So each prompt, number and word takes few pieces, fewer the more it is used.
Run as a program, it writes DATA_DIR/vocabulary/sentencepiece.model.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import seqio
import tensorflow as tf

from pali_tf.data import data_root, vocabulary
from pali_tf.data.data_root import DataRoot
from pali_tf.data.randomness import draw_seed
from pali_tf.errors import run_command
from seqio_tasks import catalog, objects, preprocessors
from seqio_tasks.features import Example

# Records read for each task; a small vocabulary needs no more.
_NUM_RECORDS = 4000
_SPLIT = "train"

Maker = Callable[[Example], Example]

# What makes a task's text without a vocabulary. Split-captioning's text is
# captioning's, and span corruption's is the document.
_MAKERS: dict[str, Maker] = {
    "cc3m35l_captioning": preprocessors.caption,
    "webli_ocr": preprocessors.ocr,
    "vq2a_cc3m35l_vqa": preprocessors.answer_question,
    "vq2a_cc3m35l_vqg": preprocessors.ask_question,
    "openimages_object_aware_vqa": objects.ask_about_objects,
    "object_detection": objects.detect,
    "text_span_corruption": lambda record: record,
}
# Of what is made; a document has but a text.
_TEXTS = ("inputs", "targets", "text")


def task_texts(
    root: DataRoot, *, num_records: int = _NUM_RECORDS, seed: int = 0
) -> Iterator[str]:
    """Yields prompts, targets and documents of the data root's train split.

    So many records are read for each task; sources that are not there are left
    out.
    """
    for name, make_text in _MAKERS.items():
        source = catalog.TASKS[name].bind(root).source
        if (source.source, _SPLIT) not in root.splits:
            continue
        records = source.get_dataset(_SPLIT, shuffle=False).take(num_records)
        with seqio.utils.map_seed_manager(seed):
            examples = draw_seed(records)

        def texts(example: Example, make: Maker = make_text) -> tf.Tensor:
            made = make(example)
            return tf.stack([made[key] for key in _TEXTS if key in made])

        rows: Iterator[Any] = examples.map(
            texts, num_parallel_calls=tf.data.AUTOTUNE
        ).as_numpy_iterator()
        for row in rows:
            yield from (text.decode() for text in row)


def train_vocabulary(
    data_dir: str | os.PathLike[str],
    *,
    size: int = vocabulary.DEFAULT_SIZE,
    num_records: int = _NUM_RECORDS,
) -> int:
    """Trains and writes the vocabulary of a data root; gives its pieces."""
    root = DataRoot(os.fspath(data_dir))
    return vocabulary.train(
        task_texts(root, num_records=num_records),
        root.path / data_root.VOCABULARY,
        size=size,
    )


def main(argv: Sequence[str]) -> int:
    """Trains the vocabulary of --data_dir."""
    parser = argparse.ArgumentParser(
        prog="python -m seqio_tasks.vocabulary_texts", description=main.__doc__
    )
    parser.add_argument("--data_dir", required=True, help="the data root")
    parser.add_argument(
        "--size",
        type=int,
        default=vocabulary.DEFAULT_SIZE,
        help="number of pieces at most (default: %(default)s)",
    )
    arguments = parser.parse_args(argv)
    count = train_vocabulary(arguments.data_dir, size=arguments.size)
    path = DataRoot(arguments.data_dir).vocabulary_path
    sys.stdout.write(f"Wrote {count} pieces to {path}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(main, sys.argv[1:]))
