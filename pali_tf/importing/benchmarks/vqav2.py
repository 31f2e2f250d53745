"""Questions about COCO's images: VQAv2, OK-VQA, and VQAv2 in 13 languages."""

import dataclasses
from collections.abc import Iterator, Mapping

from pali_tf.errors import UserError
from pali_tf.importing.benchmarks import published
from pali_tf.importing.benchmarks.questions import Asked, make_records
from pali_tf.importing.options import Options
from pali_tf.webli import records

_TRANSLATIONS = "translations"
_KARPATHY = "dataset_coco.json"


def vqav2(options: Options) -> Iterator[records.Record]:
    """VQAv2: questions about COCO's images, ten answers each.

    v2_OpenEnded_mscoco_<split>_questions.json  {"questions": [{"question_id",
                                                "image_id", "question"}]}
    v2_mscoco_<split>_annotations.json          {"annotations": [{"question_id",
                                                "answers": [{"answer"}]}]}
    train2014/, val2014/, test2015/             the images

    <split> is train2014, val2014 or test2015; test2015 has no annotations.

    Source: visualqa.org/download.html.
    """
    coco_split = published.for_split(
        options, train="train2014", validation="val2014", test="test2015"
    )
    questions = _read_questions(options, coco_split, "v2_")
    return make_records(options, "vqav2", questions)


def okvqa(options: Options) -> Iterator[records.Record]:
    """OK-VQA: questions about COCO's images that need knowledge of the world.

    OpenEnded_mscoco_<split>_questions.json, mscoco_<split>_annotations.json
                            in the layout of `vqav2`
    train2014/, val2014/    the images; <split> is one of the two

    Source: okvqa.allenai.org/download.html.
    """
    coco_split = published.for_split(
        options, train="train2014", validation="val2014"
    )
    questions = _read_questions(options, coco_split, "")
    return make_records(options, "okvqa", questions)


def vqav2_13l(options: Options) -> Iterator[records.Record]:
    """VQAv2-13L: VQAv2's questions in the 13 languages of xGQA and MaXM.

    The paper's machine translations are not published. With VQAv2's own files
    (see `vqav2`), this reads translations of the user's,
    `--field=translations=FILE.jsonl`, and gives them beside the English
    questions:

        {"question_id": 1, "language": "fr", "question": "..."}; and "answer",
        if answers shall be in the language of the question

    With dataset_coco.json in the folder the split is Karpathy's, as the paper's
    is: its training images are of both of COCO's splits.

    Source: PaLI, section 4.2.
    """
    translations = _read_translations(options)

    def questions() -> Iterator[Asked]:
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

    return make_records(options, "vqav2", questions())


def _read_questions(
    options: Options, coco_split: str, prefix: str
) -> Iterator[Asked]:
    """Yields the questions about a split of COCO; names begin with `prefix`."""
    path = published.find_file(
        options, f"{prefix}OpenEnded_mscoco_{coco_split}_questions.json"
    )
    answers: Mapping[int, list[str]] = {}
    # Answers to the test split are kept on the benchmark's server.
    if not coco_split.startswith("test"):
        annotations = published.find_file(
            options, f"{prefix}mscoco_{coco_split}_annotations.json"
        )
        answers = {
            entry["question_id"]: [a["answer"] for a in entry["answers"]]
            for entry in published.read_json(annotations)["annotations"]
        }
    for entry in published.read_json(path)["questions"]:
        yield Asked(
            image_id=str(entry["image_id"]),
            image_name=published.coco_file_name(entry["image_id"], coco_split),
            folders=(coco_split,),
            question=entry["question"],
            question_id=str(entry["question_id"]),
            answers=answers.get(entry["question_id"], ()),
        )


def _read_translations(options: Options) -> dict[str, list[published.Entry]]:
    """Gathers the translations of each question."""
    if _TRANSLATIONS not in options.fields:
        raise UserError(
            "The translations of VQAv2-13L are not published: give your own "
            f"as --field={_TRANSLATIONS}=FILE.jsonl."
        )
    path = published.named_file(options, _TRANSLATIONS)
    found: dict[str, list[published.Entry]] = {}
    for entry in published.read_json_lines(path, options):
        found.setdefault(str(entry["question_id"]), []).append(entry)
    return found


def _read_english(options: Options) -> Iterator[Asked]:
    karpathy = options.input / _KARPATHY
    if not karpathy.is_file():
        split = published.for_split(
            options, train="train2014", validation="val2014"
        )
        yield from _read_questions(options, split, "v2_")
        return
    images = published.karpathy_images(karpathy, options)
    image_ids = {str(entry["cocoid"]) for entry in images}
    for split in ("train2014", "val2014"):
        for question in _read_questions(options, split, "v2_"):
            if question.image_id in image_ids:
                yield question
