"""VQAv2-13L: VQAv2's questions in the 13 languages of xGQA and MaXM.

The paper's machine translations are not published. With VQAv2's own files
(see `vqav2`), this reads translations of the user's,
`--field=translations=FILE.jsonl`, and gives them beside the English questions:

    {"question_id": 1, "language": "fr", "question": "..."}; and "answer", if
    answers shall be in the language of the question

With dataset_coco.json in the folder the split is Karpathy's, as the paper's
is: its training images are of both of COCO's splits.

Source: PaLI, section 4.2.
"""

import dataclasses
from collections.abc import Iterator

from etils.epath import Path

from pali_tf.errors import MissingFileError, UserError
from pali_tf.importing.benchmarks import published, question_rows, vqav2
from pali_tf.importing.options import Options
from pali_tf.webli import records

FIELD = "translations"
_KARPATHY = "dataset_coco.json"
_KARPATHY_SPLITS = {
    "train": "train restval",
    "validation": "val",
    "test": "test",
}


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its questions in all languages."""
    translations = _read_translations(options)

    def questions() -> Iterator[question_rows.Asked]:
        for original in _read_english(options):
            yield original
            for entry in translations.get(original.question_id, ()):
                answer = entry.get("answer")
                yield dataclasses.replace(
                    original,
                    question=entry["question"],
                    language=entry["language"],
                    answers=[answer] if answer else original.answers,
                )

    return question_rows.make_records(options, "vqav2", questions(), {})


def _read_translations(
    options: Options,
) -> dict[str, list[published.Entry]]:
    """Gathers the translations of each question."""
    if FIELD not in options.fields:
        raise UserError(
            "The translations of VQAv2-13L are not published: give your own "
            f"as --field={FIELD}=FILE.jsonl."
        )
    path = Path(options.fields[FIELD])
    if not path.is_file():
        raise MissingFileError(f"There is no file of translations {path}.")
    found: dict[str, list[published.Entry]] = {}
    for entry in published.read_json_lines(path, options):
        found.setdefault(str(entry["question_id"]), []).append(entry)
    return found


def _read_english(options: Options) -> Iterator[question_rows.Asked]:
    karpathy = options.input / _KARPATHY
    if not karpathy.is_file():
        split = published.for_split(
            options, train="train2014", validation="val2014"
        )
        yield from vqav2.read_questions(options, split, "v2_")
        return
    splits = published.for_split(options, **_KARPATHY_SPLITS).split()
    image_ids = {
        str(entry["cocoid"])
        for entry in published.read_json(karpathy)["images"]
        if entry["split"] in splits
    }
    for split in ("train2014", "val2014"):
        for question in vqav2.read_questions(options, split, "v2_"):
            if question.image_id in image_ids:
                yield question
