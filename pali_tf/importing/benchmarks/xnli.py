"""XNLI: does a premise entail a hypothesis, in 15 languages.

xnli.{dev,test}.tsv     columns "language", "gold_label", "sentence1",
                        "sentence2", "pairID" among others
multinli_1.0_train.txt  the same columns without "language": English, to train

A pair on whose label the annotators did not agree ("-") is left out, as is
usual. Prompt and labels are mT5's, which the paper's comparison follows.

Source: github.com/facebookresearch/XNLI; cims.nyu.edu/~sbowman/multinli;
    google-research/multilingual-t5, multilingual_t5/preprocessors.py.
"""

import csv
import io
from collections.abc import Iterator

from pali_tf import files
from pali_tf.errors import UserError, told
from pali_tf.importing.benchmarks import published
from pali_tf.importing.options import Options
from pali_tf.webli import records

_FILES = {
    "train": "multinli_1.0_train.txt",
    "validation": "xnli.dev.tsv",
    "test": "xnli.test.tsv",
}
_LABELS = {"entailment": "0", "neutral": "1", "contradiction": "2"}
_NO_LABEL = "-"
_COLUMNS = ("gold_label", "sentence1", "sentence2", "pairID")


def read(options: Options) -> Iterator[records.Record]:
    """Yields a pair of texts and "0", "1" or "2"."""
    path = published.find_file(options, published.for_split(options, **_FILES))
    with told(path), files.open_stream(path) as file:
        rows = csv.DictReader(
            io.TextIOWrapper(file, encoding="utf-8", newline=""),
            delimiter="\t",
            quoting=csv.QUOTE_NONE,
            strict=True,
        )
        missing = set(_COLUMNS) - set(rows.fieldnames or ())
        if missing:
            raise UserError(
                f"{path} has no columns {sorted(missing)} but "
                f"{rows.fieldnames}."
            )
        for row in rows:
            label = row["gold_label"]
            if label == _NO_LABEL:
                options.problems.report(
                    "no-annotation",
                    f"{path}:{rows.line_num}",
                    "the annotators did not agree.",
                )
                continue
            if label not in _LABELS or row["sentence2"] is None:
                options.problems.report(
                    "malformed-line",
                    f"{path}:{rows.line_num}",
                    f"gold_label is {label!r}, not one of {list(_LABELS)}.",
                )
                continue
            language = row.get("language") or "en"
            yield records.Record(
                text_pair=records.TextPair(
                    inputs=(
                        f"xnli: premise: {row['sentence1']} "
                        f"hypothesis: {row['sentence2']}"
                    ),
                    targets=_LABELS[label],
                    references=(_LABELS[label],),
                    language=language,
                    id=f"{language}-{row['pairID']}",
                )
            )
