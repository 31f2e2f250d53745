"""The benchmarks' tasks, from published files to prompts and targets."""

import functools

import numpy as np
import pytest
import seqio
import tensorflow as tf

from pali_tf.data import data_root, input_pipeline, vocabulary
from pali_tf.data.data_root import DataRoot
from pali_tf.data.task_choices import TaskChoices
from pali_tf.evaluation import class_ranking, evaluator
from pali_tf.importing import shards
from seqio_tasks import catalog, languages, named, printed_words
from tests.support import published_benchmarks

LENGTHS = {"inputs": 64, "targets": 16, "images": 8}
OCR = "Answer in EN: what does it say? ocr: STOP ST <extra_id_0>"
CAPTION = "Generate the alt_text in EN at 0: <extra_id_0>"

# (source, its split, the format, what is given beside the split)
SPLITS = (
    ("coco_karpathy", "test", "coco_karpathy", {}),
    ("nocaps", "validation", "nocaps", {}),
    ("nocaps", "test", "nocaps", {}),
    ("textcaps", "validation", "textcaps", {}),
    (
        "vizwiz_captions",
        "validation",
        "vizwiz_captions",
        {"fields": {"ocr": "words.jsonl"}},
    ),
    ("coco_35l", "validation", "coco_35l", {}),
    ("xm3600", "test", "xm3600", {}),
    ("vqav2", "validation", "vqav2", {}),
    ("vqav2", "test", "vqav2", {}),
    ("okvqa", "validation", "okvqa", {}),
    ("textvqa", "validation", "textvqa", {}),
    ("vizwiz_vqa", "validation", "vizwiz_vqa", {}),
    ("stvqa", "train", "stvqa", {}),
    ("tallyqa", "test", "tallyqa", {}),
    ("xgqa", "test", "xgqa", {}),
    ("maxm", "test", "maxm", {}),
    (
        "vqav2_13l",
        "train",
        "vqav2_13l",
        {"fields": {"translations": "translations.jsonl"}},
    ),
    (
        "vqav2_13l_native",
        "train",
        "vqav2_13l",
        {"fields": {"translations": "native.jsonl"}},
    ),
    ("imagenet", "test", "imagenet", {"input": "val"}),
    ("objectnet", "test", "objectnet", {"images": "images"}),
    ("xnli", "test", "xnli", {}),
    ("xquad", "test", "xquad", {}),
    ("tydiqa_goldp", "test", "tydiqa_goldp", {}),
)


@pytest.fixture(scope="module", autouse=True)
def located(tmp_path_factory):
    published = tmp_path_factory.mktemp("published")
    published_benchmarks.write_all(published)
    root = tmp_path_factory.mktemp("data")
    for source, split, name, settings in SPLITS:
        shards.write_split(
            published_benchmarks.read(published, name, split=split, **settings),
            root / source,
            split,
            num_shards=1,
            check=lambda: None,
        )
    vocabulary.train(
        [OCR, CAPTION, "tomato soup goldfish great white shark"] * 5,
        root / data_root.VOCABULARY,
        size=480,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(data_root.ENVIRONMENT_VARIABLE, str(root))
        yield


def find(name):
    (task,) = named.find(name).tasks
    return task


@functools.cache
def examples(name, split="validation"):
    """A task's examples before text becomes tokens and images pixels."""
    task = find(name)
    dataset = task.source.get_dataset(split, shuffle=False)
    steps = [
        step
        for step in task.preprocessors
        if not isinstance(step, seqio.CacheDatasetPlaceholder)
    ]
    with seqio.utils.map_seed_manager(0):
        for step in steps[:2]:
            dataset = seqio.utils.add_kwargs_to_transform(
                step,
                sequence_length=LENGTHS,
                output_features=task.output_features,
            )(dataset)
    return list(dataset.as_numpy_iterator())


def pairs(name, split="validation"):
    return [
        (e["inputs"].decode(), e["targets"].decode())
        for e in examples(name, split)
    ]


def references(example):
    return [text.decode() for text in example["references"]]


@pytest.mark.slow
def test_coco_and_nocaps():
    (example,) = examples("coco_captioning", "test")
    assert example["inputs"].decode() == CAPTION
    assert references(example) == ["A cat 3.", "One cat 3."]
    assert example["targets"] in example["references"]
    assert pairs("nocaps_captioning")[0] == (CAPTION, "A cat.")
    groups = [e["group"] for e in examples("nocaps_captioning")]
    assert groups == [b"in-domain", b"out-domain"]


def test_an_image_of_a_test_split_has_a_prompt_and_no_reference():
    (example,) = examples("nocaps_captioning", "test")
    assert (example["inputs"].decode(), example["targets"]) == (CAPTION, b"")
    assert references(example) == []


@pytest.mark.slow
def test_textcaps_and_vizwiz_give_printed_words():
    ((inputs, targets),) = pairs("textcaps_captioning")
    assert (
        inputs == "Generate the alt_text in EN at 0: ocr: STOP ST <extra_id_0>"
    )
    assert targets in ("A stop sign.", "A red sign.")
    ((inputs, targets),) = pairs("vizwiz_captioning")
    assert inputs == (
        "Generate the alt_text in EN at 0: ocr: tomato soup <extra_id_0>"
    )
    assert targets == "A can of soup."
    for name in ("textcaps", "vizwiz"):
        ((inputs, _),) = pairs(f"{name}_captioning_without_ocr")
        assert inputs == CAPTION


@pytest.mark.slow
def test_captions_of_one_language():
    assert pairs("coco_35l_captioning_de") == [
        ("Generate the alt_text in DE at 0: <extra_id_0>", "Eine Katze .")
    ]
    ((inputs, _),) = pairs("coco_35l_captioning")
    assert inputs[25:27] in ("EN", "DE", "TH")
    (example,) = examples("xm3600_captioning_en", "test")
    assert references(example) == ["a cat", "the cat"]
    assert pairs("xm3600_captioning_quz", "test") == [
        ("Generate the alt_text in QUZ at 0: <extra_id_0>", "michi")
    ]
    # No image has a caption in French.
    assert pairs("xm3600_captioning_fr", "test") == []


def test_the_languages_of_a_mixture():
    for name, codes in (
        ("xm3600", languages.XM3600),
        ("coco_35l", languages.CC3M_35L),
    ):
        tasks = catalog.MIXTURES[name]
        assert sorted(tasks) == sorted(
            f"{name}_captioning_{code}" for code in codes
        )
        assert len(tasks) in (36, 35)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vqav2", "okvqa"])
def test_a_question_is_an_example(name):
    assert pairs(name) == [
        ("Answer in EN: What is it? <extra_id_0>", "cat"),
        ("Answer in EN: How many cats? <extra_id_0>", "2"),
    ]
    first, second = examples(name)
    assert references(first) == ["dog"] * 3 + ["cat"] * 7
    assert references(second) == ["two"] * 3 + ["2"] * 7
    assert (first["example_id"], second["example_id"]) == (b"9000", b"9001")


def test_a_question_of_a_test_split_has_no_reference():
    (example,) = examples("vqav2", "test")
    assert example["inputs"] == b"Answer in EN: Where? <extra_id_0>"
    assert (example["targets"], references(example)) == (b"", [])


@pytest.mark.slow
def test_questions_with_printed_words():
    assert pairs("textvqa") == [(OCR, "stop")]
    assert pairs("textvqa_without_ocr") == [
        ("Answer in EN: what does it say? <extra_id_0>", "stop")
    ]
    # Without words, the prompt is the plain one.
    assert pairs("vizwiz_vqa") == [
        ("Answer in EN: Can you tell me what this is? <extra_id_0>", "soup")
    ]
    assert pairs("stvqa", "train") == [
        ("Answer in EN: What is the number? <extra_id_0>", "72")
    ]


def test_counting_questions():
    assert pairs("tallyqa", "test") == [
        ("Answer in EN: How many cats? <extra_id_0>", "1"),
        ("Answer in EN: How many sleep? <extra_id_0>", "2"),
    ]
    groups = [e["group"] for e in examples("tallyqa", "test")]
    assert groups == [b"simple", b"complex"]


@pytest.mark.slow
def test_questions_in_other_languages():
    assert pairs("xgqa", "test") == [
        ("Answer in EN: Ist es rot? <extra_id_0>", "yes"),
        ("Answer in EN: Is it red? <extra_id_0>", "yes"),
    ]
    assert [e["language"] for e in examples("xgqa", "test")] == [b"de", b"en"]
    assert pairs("maxm", "test") == [
        ("Answer in FR: Quelle couleur ? <extra_id_0>", "rouge")
    ]
    (example,) = examples("maxm", "test")
    assert references(example) == ["rouge", "le rouge"]
    assert ("Answer in EN: C'est quoi ? <extra_id_0>", "cat") in pairs(
        "vqav2_13l", "train"
    )
    assert ("Answer in FR: C'est quoi ? <extra_id_0>", "un chat") in pairs(
        "vqav2_13l_native", "train"
    )


def test_texts():
    assert pairs("xnli", "test")[1] == (
        "xnli: premise: Il court. hypothesis: Il dort.",
        "2",
    )
    assert pairs("xquad", "test")[0] == (
        "question: Was ist ' s ? context: It ' s wet .",
        "nass .",
    )
    (example, _) = examples("tydiqa", "test")
    assert example["language"] == example["group"] == b"fi"
    assert example["example_id"] == b"fi-finnish-12-0"
    assert references(example) == ["märkä"]


def test_classes():
    prompt = "Generate alt_text in EN at 2: Photo of <extra_id_0>"
    found = pairs("imagenet_zeroshot", "test")
    assert found[0] == (prompt, "tench")
    assert found[5] == (prompt, "great white shark")
    (example,) = examples("objectnet_zeroshot", "test")
    assert references(example) == ["analog clock", "digital clock"]


def model_examples(name, split):
    """A task's examples with tokens and pixels."""
    return list(
        input_pipeline.eval_dataset(
            find(name),
            feature_lengths=LENGTHS,
            split=split,
            seed=0,
        ).as_numpy_iterator()
    )


def test_words_are_cut_and_never_the_question_or_the_sentinel():
    words = DataRoot().vocabulary()
    (example,) = model_examples("textvqa", "validation")
    assert words.decode(example["inputs"].tolist()) == OCR
    assert example["images"].shape == (8, 8, 3)
    length = len(example["inputs"])

    stored = {
        "ocr/text": tf.constant(["ST", "STOP"]),
        "ocr/bbox/ymin": tf.constant([0.1, 0.1]),
        "ocr/bbox/xmin": tf.constant([0.6, 0.1]),
        "ocr/bbox/ymax": tf.constant([0.2, 0.2]),
    }
    plain = OCR.replace(" ocr: STOP ST", "")

    def prompt(num_tokens, max_ocr_tokens=None):
        made = printed_words.add_printed_words(
            tf.constant(plain),
            stored,
            {"inputs": num_tokens},
            find("textvqa").output_features,
            TaskChoices(max_ocr_tokens=max_ocr_tokens),
        )
        return made.numpy().decode()

    assert prompt(length) == OCR
    cut = OCR.replace(" ST ", " ")
    assert prompt(length - 1) == cut
    assert prompt(1) == plain
    room = len(words.encode("STOP"))
    assert prompt(length, room) == cut
    assert prompt(length, room - 1) == plain


def test_text_alone_has_a_masked_image():
    example, _ = model_examples("tydiqa", "test")
    assert not example["image_mask"]
    assert not example["images"].any()


class Ranker:
    """Ranks the classes by alphabet, from a place that moves on."""

    def __init__(self):
        self.names = None

    def __call__(self, batch, names):
        self.names = names
        ranked = [
            [*names[row:], *names[:row]][:5]
            for row in range(len(batch["encoder_input_tokens"]))
        ]
        return ranked, np.zeros(len(ranked)).tolist()


def refuse(batch):
    raise AssertionError("Classes are ranked, not decoded.")


def evaluate(name, split, predict_fn, **kwargs):
    return evaluator.evaluate_task(
        find(name),
        predict_fn,
        feature_lengths=LENGTHS,
        split=split,
        batch_size=6,
        blind=False,
        **kwargs,
    )


def test_zero_shot_classes_are_ranked_among_those_of_the_split():
    ranker = Ranker()
    scores = evaluate("imagenet_zeroshot", "test", refuse, rank_fn=ranker)
    names = ("cock", "goldfish", "great white shark", "hen", "ox", "tench")
    assert ranker.names == names
    # In stored order: tench, goldfish, hen, ox, cock, great white shark. The
    # second row's list begins with goldfish; no other is right at once.
    assert scores["top_1"] == pytest.approx(1 / 6)
    # Only tench, sixth in the first row, is beyond five.
    assert scores["top_5"] == pytest.approx(5 / 6)


def test_fewer_than_five_classes_have_no_top_5(caplog):
    task = find("objectnet_zeroshot")
    assert class_ranking.class_names(task, "test") == (
        "analog clock",
        "digital clock",
    )
    scores = evaluate("objectnet_zeroshot", "test", refuse, rank_fn=Ranker())
    assert scores == {"top_1": 1.0}
    assert "fewer than five classes" in caplog.text


def test_classes_are_not_decoded_for_want_of_a_ranking():
    with pytest.raises(ValueError, match="ranks classes, which"):
        evaluate("imagenet_zeroshot", "test", refuse)


def test_predictions_without_references_have_no_score(tmp_path):
    def predict(batch):
        rows = len(batch["encoder_input_tokens"])
        return ["on the roof"] * rows, [0.0] * rows

    scores = evaluate("vqav2", "test", predict, output_dir=tmp_path)
    assert scores == {}
    (line,) = (tmp_path / "inference_eval" / "vqav2-000000.jsonl").open()
    assert '"example_id": "5000"' in line
    assert '"prediction": "on the roof"' in line


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
