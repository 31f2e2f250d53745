"""XQuAD: SQuAD's questions in eleven languages, to test what English taught.

train-v1.1.json, dev-v1.1.json  SQuAD's own, English
xquad.<language>.json           to test on: all that are there

Source: github.com/google-deepmind/xquad; rajpurkar.github.io/SQuAD-explorer.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import published, squad
from pali_tf.importing.options import Options
from pali_tf.webli import records

_FILES = {
    "train": "train-v1.1.json",
    "validation": "dev-v1.1.json",
    "test": "xquad.*.json",
}


def read(options: Options) -> Iterator[records.Record]:
    """Yields a question with its passage, and the answers."""
    pattern = published.for_split(options, **_FILES)
    for path in published.find_files(options, pattern):
        language = "en"
        if options.split == "test":
            language = path.stem.rpartition(".")[2]
        yield from squad.read_questions(
            path, options, lambda _, code=language: code
        )
