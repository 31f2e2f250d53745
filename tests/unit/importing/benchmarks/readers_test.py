"""Each benchmark's reader over a few entries of the published layout."""

import functools
import re

import pytest

from pali_tf.files import as_path, list_files, write_whole
from pali_tf.importing import formats
from pali_tf.importing.benchmarks.questions import most_common
from pali_tf.importing.benchmarks.texts import pad_punctuation
from pali_tf.importing.problems import ImportProblemError, Problems
from tests.support import published_benchmarks


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("published")
    published_benchmarks.write_all(root)
    return root


@pytest.fixture(scope="module")
def read(root):
    return functools.partial(published_benchmarks.read, root)


def captions(record):
    return [(c.text, c.language) for c in record.captions]


def questions(record):
    return [
        (q.question_id, q.question, q.answer, q.language)
        for q in record.question_answers
    ]


def words(record):
    return [w.text for w in record.ocr]


def test_every_reader_has_a_row_and_every_row_a_reader():
    found = {n for n, entry in formats.FORMATS.items() if entry.is_benchmark}
    assert found | {"imagenet_v2"} == set(published_benchmarks.FILES)
    for name in found:
        assert formats.find_format(name).load().__doc__


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_in_a_bucket_all_is_as_on_a_disk(root, storage):
    names = ["nocaps", "coco_35l", "textvqa", "imagenet", "xnli"]
    for name in names:
        for file in list_files(root / name):
            content = (root / name / file).read_bytes()
            write_whole(f"{storage}/{name}/{file}", content)
    for name in names:
        more = {"input": "val"} if name == "imagenet" else {}
        split = "test" if name in ("imagenet", "xnli") else "validation"
        found = [
            published_benchmarks.read(
                place, name, split=split, problems=Problems(), **more
            )
            for place in (root, as_path(storage))
        ]
        assert found[0] and found[0] == found[1]


def test_coco_in_karpathys_split(read):
    train = read("coco_karpathy", split="train")
    # Images of "restval" train as well.
    assert [r.image.source_id for r in train] == ["coco-0", "coco-1"]
    assert captions(train[0]) == [("A cat 0.", "en"), ("One cat 0.", "en")]
    assert train[0].image.encoded == published_benchmarks.JPEG
    for split, image in (("validation", "coco-2"), ("test", "coco-3")):
        (record,) = read("coco_karpathy", split=split)
        assert record.image.source_id == image


def test_nocaps_has_domains_and_a_test_split_without_captions(read):
    first, second = read("nocaps", split="validation")
    assert (first.group, second.group) == ("in-domain", "out-domain")
    assert captions(second) == [("An accordion.", "en"), ("A musician.", "en")]
    (record,) = read("nocaps", split="test")
    assert (record.captions, record.group) == ((), "")
    with pytest.raises(ValueError, match="no split 'train'; it has validation"):
        read("nocaps", split="train")


def test_textcaps_has_the_words_of_rosetta(read):
    (record,) = read("textcaps", split="validation")
    assert captions(record) == [("A stop sign.", "en"), ("A red sign.", "en")]
    assert words(record) == ["ST", "STOP"]
    assert record.ocr[0].box.xmax == pytest.approx(0.8)
    (record,) = read("textcaps", split="test")
    assert (record.captions, record.ocr) == ((), ())


def test_vizwiz_captions_that_were_rejected_are_left_out(read):
    problems = Problems()
    (record,) = read(
        "vizwiz_captions",
        split="validation",
        fields={"ocr": "words.jsonl"},
        problems=problems,
    )
    assert captions(record) == [("A can of soup.", "en")]
    # The user's own words; a box beyond the image is cut to it.
    assert words(record) == ["soup", "tomato"]
    assert record.ocr[1].box.xmax == 1
    assert problems.counts == {"no-annotation": 1}


def test_coco_35l_is_grouped_by_image_and_has_english(read):
    (record,) = read("coco_35l", split="validation")
    assert captions(record) == [
        ("A cat .", "en"),
        ("Eine Katze .", "de"),
        ("แมว", "th"),
    ]


def test_xm3600(read):
    (record,) = read("xm3600", split="test")
    assert captions(record) == [
        ("a cat", "en"),
        ("the cat", "en"),
        ("חתול", "he"),
        ("michi", "quz"),
    ]


def test_vqav2_has_ten_answers_and_the_commonest(read):
    (record,) = read("vqav2", split="validation")
    assert questions(record) == [
        ("9000", "What is it?", "cat", "en"),
        ("9001", "How many cats?", "2", "en"),
    ]
    first = record.question_answers[0]
    assert first.references == ("dog",) * 3 + ("cat",) * 7
    (record,) = read("vqav2", split="test")
    assert questions(record) == [("5000", "Where?", "", "en")]
    assert record.question_answers[0].references == ()


def test_okvqa_has_the_layout_of_vqav2(read):
    (record,) = read("okvqa", split="validation")
    assert questions(record)[0] == ("9000", "What is it?", "cat", "en")
    with pytest.raises(ValueError, match="no split 'test'"):
        read("okvqa", split="test")


def test_vqav2_13l_joins_translations_in_karpathys_split(read):
    first, second = read(
        "vqav2_13l",
        split="train",
        fields={"translations": "translations.jsonl"},
    )
    assert questions(first) == [
        ("7000", "What is it?", "cat", "en"),
        ("7000", "C'est quoi ?", "cat", "fr"),
        ("7001", "How many cats?", "2", "en"),
    ]
    assert len(first.question_answers[1].references) == 10
    assert second.image.source_id == "vqav2-9"
    _, second = read(
        "vqav2_13l", split="train", fields={"translations": "native.jsonl"}
    )
    assert second.question_answers[1].references == ("un chat",)
    with pytest.raises(ValueError, match="not published: give your own"):
        read("vqav2_13l", split="train")


def test_textvqa_has_the_words_of_rosetta(read):
    (record,) = read("textvqa", split="validation")
    assert questions(record) == [("34602", "what does it say?", "stop", "en")]
    assert words(record) == ["ST", "STOP"]
    (record,) = read("textvqa", split="test")
    assert record.question_answers[0].references == ()


def test_vizwiz_questions_lose_their_empty_answers(read):
    (record,) = read("vizwiz_vqa", split="validation")
    assert questions(record) == [
        (
            "VizWiz_val_00000000.jpg",
            "Can you tell me what this is?",
            "soup",
            "en",
        )
    ]
    assert record.question_answers[0].references == ("soup",) * 7


def test_stvqa(read):
    (record,) = read("stvqa", split="train")
    assert record.question_answers[0].references == ("72", "seventy two")
    (record,) = read("stvqa", split="test")
    assert questions(record) == [("4", "Which shop?", "", "en")]
    with pytest.raises(ValueError, match="no split 'validation'"):
        read("stvqa", split="validation")
    # A split that the user cut.
    (record,) = read(
        "stvqa",
        split="validation",
        input="train_task_3.json",
    )
    assert record.image.source_id == "stvqa-coco-text/a.jpg"


def test_tallyqa_tells_simple_questions_from_complex_ones(read):
    (record,) = read("tallyqa", split="test")
    assert [(q.answer, q.group) for q in record.question_answers] == [
        ("1", "simple"),
        ("2", "complex"),
    ]


def test_xgqa_joins_the_languages_of_an_image(read):
    (record,) = read("xgqa", split="test")
    assert questions(record) == [
        ("201_de", "Ist es rot?", "yes", "de"),
        ("201_en", "Is it red?", "yes", "en"),
    ]


def test_maxm_takes_the_processed_answers(read):
    (record,) = read("maxm", split="test")
    assert questions(record) == [("fr-1", "Quelle couleur ?", "rouge", "fr")]
    assert record.question_answers[0].references == ("rouge", "le rouge")


def test_imagenet_names_a_class_by_its_id_or_its_index(read):
    labels = [r.labels for r in read("imagenet", split="test", input="val")]
    assert labels == [
        ("tench",),
        ("goldfish",),
        ("hen",),
        ("ox",),
        ("cock",),
        ("great white shark",),
    ]
    found = read(
        "imagenet",
        folder="imagenet_v2",
        split="test",
        input="images",
        fields={"names": "names.txt"},
    )
    assert [(r.image.source_id, r.labels) for r in found] == [
        ("1/a", ("goldfish",)),
        ("5/b", ("great white shark",)),
    ]


def test_objectnet_takes_the_classes_of_imagenet(read):
    problems = Problems()
    (record,) = read(
        "objectnet", split="test", images="images", problems=problems
    )
    assert record.labels == ("analog clock", "digital clock")
    assert problems.counts == {"no-annotation": 1}


def test_xnli(read):
    problems = Problems()
    first, second = read("xnli", split="test", problems=problems)
    pair = first.text_pair
    assert pair.inputs == 'xnli: premise: He "ran". hypothesis: He won.'
    assert (pair.targets, pair.language, pair.id) == ("1", "en", "en-1")
    assert second.text_pair.targets == "2"
    assert problems.counts == {"no-annotation": 1}


def test_squads_layout(read):
    (train,) = read("xquad", split="train")
    assert train.text_pair.language == "en"
    german, thai = (r.text_pair for r in read("xquad", split="test"))
    assert german.inputs == "question: Was ist ' s ? context: It ' s wet ."
    assert (german.targets, german.id) == ("nass .", "de-q1")
    assert (thai.targets, thai.language) == ("เปียก", "th")
    found = read("tydiqa_goldp", split="test")
    assert [r.text_pair.language for r in found] == ["fi", "ko"]


def test_punctuation_stands_apart_and_marks_stay():
    assert pad_punctuation("François, 5_a: नमस्ते!") == (
        "François , 5_a : नमस्ते !"
    )


def test_the_first_of_equally_common_answers():
    assert most_common(["b", "a", "a", "b"]) == "b"
    assert most_common([]) == ""


def test_a_missing_file_tells_what_is_there(read):
    with pytest.raises(
        FileNotFoundError,
        match=r"no TextCaps_0.1_train.json in .*textcaps; did you mean 'TextC",
    ):
        read("textcaps", split="train")


def test_a_file_of_another_layout_tells_the_key(root, tmp_path):
    path = tmp_path / "x" / "test.json"
    published_benchmarks.write_file(path, [{"image": "a.jpg", "id": 1}])
    with pytest.raises(
        ValueError, match=re.escape("no 'question' but ['id', 'image']")
    ):
        published_benchmarks.read(tmp_path, "tallyqa", folder="x", split="test")


def test_what_is_no_json_is_told_with_its_line(tmp_path):
    path = tmp_path / "tallyqa/test.json"
    published_benchmarks.write_file(path, '[\n{"image": }]')
    with pytest.raises(ValueError, match=r"test.json is no JSON: .* line 2"):
        published_benchmarks.read(tmp_path, "tallyqa", split="test")
    path = tmp_path / "xm3600/captions.jsonl"
    published_benchmarks.write_file(path.with_suffix(".txt"), '{}\n{"a"\n')
    path.with_suffix(".txt").rename(path)
    problems = Problems(["malformed-line"])
    with pytest.raises(ValueError, match="no 'image/key' but"):
        published_benchmarks.read(
            tmp_path, "xm3600", split="test", problems=problems
        )
    path.write_text('{"a"\n')
    published_benchmarks.read(
        tmp_path, "xm3600", split="test", problems=problems
    )
    assert problems.messages["malformed-line"][0].startswith(f"{path}:1: ")


def test_a_missing_image_is_told_and_can_be_allowed(root, tmp_path):
    data = published_benchmarks.FILES["tallyqa"]["test.json"]
    published_benchmarks.write_file(tmp_path / "tallyqa/test.json", data)
    with pytest.raises(ImportProblemError, match="VG_100K/1.jpg"):
        published_benchmarks.read(tmp_path, "tallyqa", split="test")
    allowed = Problems(["missing-image"])
    assert (
        published_benchmarks.read(
            tmp_path, "tallyqa", split="test", problems=allowed
        )
        == []
    )
    assert allowed.counts == {"missing-image": 1}


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
