"""Questions about images; those about COCO's are in `vqav2`."""

import collections
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from pali_tf.importing.benchmarks import published
from pali_tf.importing.benchmarks.printed_words import Words, read_words
from pali_tf.importing.options import Options
from pali_tf.webli import records

_NO_WORDS: Words = {}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A question about an image.

    Attributes:
        image_id: the data set's own.
        image_name: the image's file.
        folders: where the published layout has it.
        question: what is asked.
        question_id: the data set's own.
        answers: all that people gave; none where they are kept secret.
        language: of the question.
        group: what scores are told apart by.
    """

    image_id: str
    image_name: str
    folders: tuple[str, ...] = ()
    question: str
    question_id: str
    answers: Sequence[str] = ()
    language: str = "en"
    group: str = ""


def textvqa(options: Options) -> Iterator[records.Record]:
    """TextVQA: questions about the words in a picture, which come with it.

    TextVQA_0.5.1_{train,val,test}.json  {"data": [{"question_id", "image_id",
                                         "question", "answers": [ten texts]}]},
                                         no answers in the test split
    TextVQA_Rosetta_OCR_v0.2_*.json      printed words, if they are there
    train_images/, test_images/          <image_id>.jpg

    Source: textvqa.org/dataset.
    """
    split = published.for_split(options, **published.TRAIN_VAL_TEST)
    path = published.find_file(options, f"TextVQA_0.5.1_{split}.json")
    folder = "test_images" if split == "test" else "train_images"
    questions = (
        Asked(
            image_id=str(entry["image_id"]),
            image_name=f"{entry['image_id']}.jpg",
            folders=(folder,),
            question=entry["question"],
            question_id=str(entry["question_id"]),
            answers=entry.get("answers", ()),
        )
        for entry in published.read_json(path)["data"]
    )
    words = read_words(options, split)
    return make_records(options, "textvqa", questions, words)


def vizwiz_vqa(options: Options) -> Iterator[records.Record]:
    """VizWiz-QA: questions that blind people asked about their pictures.

    Annotations/{train,val,test}.json  [{"image", "question", "answers":
                                       [{"answer"}]}], ten; none in the test
                                       split
    train/, val/, test/                the images

    An image has one question; "unanswerable" is an answer like others.

    Source: vizwiz.org/tasks-and-datasets/vqa.
    """
    split = published.for_split(options, **published.TRAIN_VAL_TEST)
    folders = ("Annotations/", "annotations/", "")
    path = published.find_file(options, *(f"{f}{split}.json" for f in folders))
    questions = (
        Asked(
            image_id=PurePath(entry["image"]).stem,
            image_name=entry["image"],
            folders=(split,),
            question=entry["question"],
            question_id=entry["image"],
            answers=[a["answer"] for a in entry.get("answers", ())],
        )
        for entry in published.read_json(path)
    )
    words = read_words(options)
    return make_records(options, "vizwiz", questions, words)


def stvqa(options: Options) -> Iterator[records.Record]:
    """ST-VQA, task 3: questions about scene text, without a word list.

    {train,test}_task_3.json  {"data": [{"question_id", "file_path", "question",
                              "answers": [all right ones]}]}, no answers in the
                              test split
    train_images/, test_task3_images/  the images, at `file_path`

    There is no validation split; the paper does not say how its own was cut. A
    file {"data": [...]} with the same keys, given as the input, is read as any
    split.

    Source: rrc.cvc.uab.es/?ch=11.
    """
    splits = {"train": "train", "test": "test"}
    if options.input.is_file():
        splits["validation"] = "validation"
    split = published.for_split(options, **splits)
    path = published.find_file(options, f"{split}_task_3.json")
    folder = "test_task3_images" if split == "test" else "train_images"
    questions = (
        Asked(
            image_id=entry["file_path"],
            image_name=entry["file_path"],
            folders=(folder,),
            question=entry["question"],
            question_id=str(entry["question_id"]),
            answers=entry.get("answers", ()),
        )
        for entry in published.read_json(path)["data"]
    )
    words = read_words(options)
    return make_records(options, "stvqa", questions, words)


def tallyqa(options: Options) -> Iterator[records.Record]:
    """TallyQA: counting questions, answered by numerals.

    {train,test}.json  [{"image", "question_id", "image_id", "question",
                       "answer", "issimple"}]; only the test split says what is
                       simple
    VG_100K/, VG_100K_2/, train2014/, val2014/  the images, at `image`

    The group of a question is "simple" or "complex".

    Source: github.com/manoja328/TallyQA_dataset.
    """
    split = published.for_split(options, train="train", test="test")
    path = published.find_file(options, f"{split}.json")
    groups = {True: "simple", False: "complex", None: ""}
    questions = (
        Asked(
            image_id=entry["image"],
            image_name=entry["image"],
            question=entry["question"],
            question_id=str(entry["question_id"]),
            answers=(str(entry["answer"]),),
            group=groups[entry.get("issimple")],
        )
        for entry in published.read_json(path)
    )
    return make_records(options, "tallyqa", questions)


def xgqa(options: Options) -> Iterator[records.Record]:
    """xGQA: GQA's questions in eight languages, with English answers.

    testdev_balanced_questions_<language>.json  {question id: {"imageId",
                                                "question", "answer"}}; all that
                                                are there
    images/                                     GQA's, <imageId>.jpg

    Source: github.com/adapter-hub/xGQA (zero_shot).
    """
    published.for_split(options, test="test")
    pattern = "testdev_balanced_questions_*.json"
    questions = (
        Asked(
            image_id=entry["imageId"],
            image_name=f"{entry['imageId']}.jpg",
            folders=("images",),
            question=entry["question"],
            question_id=f"{question_id}_{language}",
            answers=(entry["answer"],),
            language=language,
        )
        for path in published.find_files(options, pattern)
        for language in [path.stem.rpartition("_")[2]]
        for question_id, entry in published.read_json(path).items()
    )
    return make_records(options, "xgqa", questions)


def maxm(options: Options) -> Iterator[records.Record]:
    """MaXM: questions in seven languages, answered in the same language.

    maxm_v1_<language>.json  {"split": language, "annotations": [{"image_id",
                             "qa_pairs": [{"question_id", "question", "answers",
                             "processed_answers"}]}]}; all that are there
    images/                  those of Crossmodal-3600, <image_id>.jpg

    An answer is right if it is one of the processed answers.

    Source: github.com/google-research-datasets/maxm.
    """
    published.for_split(options, test="test")
    contents = map(
        published.read_json, published.find_files(options, "maxm*.json")
    )
    questions = (
        Asked(
            image_id=image["image_id"],
            image_name=f"{image['image_id']}.jpg",
            folders=("images",),
            question=pair["question"],
            question_id=str(pair["question_id"]),
            answers=pair.get("processed_answers") or pair["answers"],
            language=content["split"],
        )
        for content in contents
        for image in content["annotations"]
        for pair in image["qa_pairs"]
    )
    return make_records(options, "maxm", questions)


def make_records(
    options: Options,
    source: str,
    questions: Iterable[Asked],
    words: Words = _NO_WORDS,
) -> Iterator[records.Record]:
    """Yields an image once, with all its questions, in order of appearance.

    Args:
        options: a question without text is reported, and one without answers
            of another split than "test".
        source: begins the stored ids.
        questions: of all images.
        words: printed ones; an image may have none.
    """
    by_image: dict[str, list[Asked]] = {}
    for asked in questions:
        if _is_whole(options, asked):
            by_image.setdefault(asked.image_id, []).append(asked)
    for image_id, group in by_image.items():
        first = group[0]
        image = published.find_image(
            options, first.image_name, f"{source}-{image_id}", *first.folders
        )
        if image is not None:
            yield records.Record(
                image=image,
                question_answers=tuple(map(_question_answer, group)),
                ocr=words.get(image_id, ()),
            )


def _is_whole(options: Options, asked: Asked) -> bool:
    where = f"question {asked.question_id}"
    if not asked.question.strip():
        options.problems.report("empty-text", where, "It has no text.")
        return False
    if not any(asked.answers) and options.split != "test":
        options.problems.report("missing-answer", where, "It has no answer.")
        return False
    return True


def _question_answer(asked: Asked) -> records.QuestionAnswer:
    # A few of VizWiz' answers are empty strings.
    answers = tuple(answer for answer in asked.answers if answer)
    return records.QuestionAnswer(
        question=asked.question.strip(),
        answer=most_common(answers),
        language=asked.language,
        references=answers,
        question_id=asked.question_id,
        group=asked.group,
    )


def most_common(answers: Sequence[str]) -> str:
    """Returns the answer given most often, the first of equals; "": none."""
    counts = collections.Counter(answers).most_common(1)
    return counts[0][0] if counts else ""
