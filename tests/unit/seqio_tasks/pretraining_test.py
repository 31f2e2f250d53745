"""The eight tasks over hand-written records, from shard to tokens."""

import pytest

from pali_tf.data import data_root, input_pipeline
from pali_tf.data.data_root import DataRoot
from pali_tf.errors import UserError
from seqio_tasks import catalog, named, pretraining
from tests.support import stored_examples

NAMES = {
    "text_span_corruption",
    "webli_split_captioning",
    "cc3m35l_captioning",
    "webli_ocr",
    "vq2a_cc3m35l_vqa",
    "vq2a_cc3m35l_vqg",
    "openimages_object_aware_vqa",
    "object_detection",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=6)
    return root


@pytest.fixture(autouse=True)
def located(root, monkeypatch):
    monkeypatch.setenv(data_root.ENVIRONMENT_VARIABLE, str(root))


def examples(name):
    (task,) = named.find(name).tasks
    dataset = input_pipeline.eval_dataset(
        task,
        feature_lengths=stored_examples.LENGTHS,
        split="test",
        seed=0,
    )
    return list(dataset.as_numpy_iterator())


def pairs(name):
    words = DataRoot().vocabulary()
    return [
        tuple(words.decode(e[k].tolist()) for k in ("inputs", "targets"))
        for e in examples(name)
    ]


def test_split_captioning():
    captions = set(stored_examples.CAPTIONS.values())
    for inputs, targets in pairs("webli_split_captioning"):
        assert inputs.startswith("Generate the alt_text in ")
        beginning = inputs.partition(": ")[2].removesuffix("<extra_id_0>")
        assert {beginning + targets, beginning.strip() + targets} & captions


def test_captioning():
    allowed = {
        (f"Generate the alt_text in {code.upper()} at 0: <extra_id_0>", text)
        for code, text in stored_examples.CAPTIONS.items()
    }
    found = set(pairs("cc3m35l_captioning"))
    assert len(found) > 1
    assert found <= allowed


def test_ocr_passes_over_images_without_words():
    # Every third image has none.
    assert sorted(pairs("webli_ocr")) == [
        ("Generate the ocr_text in EN: <extra_id_0>", f"hello world n{i}")
        for i in (0, 1, 3, 4)
    ]


def test_vqa_and_vqg():
    questions = stored_examples.QUESTIONS
    assert set(pairs("vq2a_cc3m35l_vqa")) <= {
        (f"Answer in EN: {question} <extra_id_0>", answer)
        for question, answer, _ in questions
    }
    assert set(pairs("vq2a_cc3m35l_vqg")) <= {
        (
            f"Generate a question in {code.upper()} for {answer}: <extra_id_0>",
            question,
        )
        for question, answer, code in questions
    }


def test_object_aware_questions():
    for inputs, targets in pairs("openimages_object_aware_vqa"):
        assert inputs.startswith("Answer in EN: ")
        assert inputs.endswith(" <extra_id_0>")
        assert targets in {"Yes", "No", "cat", "dog", "cat, dog", "dog, cat"}


def test_detection():
    for inputs, targets in pairs("object_detection"):
        assert inputs.startswith("detect ")
        assert targets == "0 200 400 599 cat 500 100 899 400 dog"


def test_span_corruption():
    for inputs, targets in pairs("text_span_corruption"):
        assert " <extra_id_0>" in inputs
        assert targets.startswith("<extra_id_0>")


def test_what_an_example_keeps():
    (example, *_) = examples("cc3m35l_captioning")
    assert example["images"].shape == (16, 16, 3)
    assert example["image_mask"]
    assert example["task_id"] == 0
    assert example["example_id"] == b"scene-test-0"
    assert example["inputs"][-1] == example["targets"][-1] == 1
    assert not any(name.endswith("_pretokenized") for name in example)
    # Pixels are decoded; the file's bytes are not carried on.
    assert "image/encoded" not in example


def test_tasks_are_there_without_data(monkeypatch):
    monkeypatch.delenv(data_root.ENVIRONMENT_VARIABLE)
    task = catalog.TASKS["webli_ocr"].bind()
    assert task.output_features["inputs"].vocabulary.eos_id == 1
    with pytest.raises(UserError, match="PALI_DATA_DIR"):
        task.num_input_examples("train")


@pytest.mark.parametrize("name", ["pali_pretrain", "pali_tiny"])
def test_a_mixture_has_the_eight_tasks(name):
    assert set(pretraining.MIXTURES[name]) == NAMES


def test_the_second_phase_has_three_tasks_in_equal_parts():
    assert pretraining.MIXTURES["pali_highres"] == {
        "webli_ocr": 1,
        "cc3m35l_captioning": 1,
        "vq2a_cc3m35l_vqa": 1,
    }


def test_the_papers_rates():
    rates = pretraining.MIXTURES["pali_pretrain"]
    assert sum(rates.values()) == 1566
    percent = {
        name: round(100 * rate / 1566, 2) for name, rate in rates.items()
    }
    assert percent == {
        "text_span_corruption": 6.39,
        "webli_split_captioning": 63.86,
        "webli_ocr": 6.39,
        "cc3m35l_captioning": 6.39,
        "vq2a_cc3m35l_vqa": 6.39,
        "vq2a_cc3m35l_vqg": 6.39,
        "openimages_object_aware_vqa": 3.19,
        "object_detection": 1.02,
    }


@pytest.mark.parametrize("left_out", pretraining.LEFT_OUT)
def test_an_ablation_leaves_out_and_keeps_the_other_rates(left_out):
    whole = pretraining.MIXTURES["pali_pretrain"]
    rates = pretraining.MIXTURES[f"pali_pretrain_without_{left_out}"]
    assert whole.keys() - rates.keys() == set(pretraining.LEFT_OUT[left_out])
    assert rates.items() <= whole.items()


def test_the_flat_rates_are_percent():
    assert sum(pretraining.MIXTURES["pali_tiny"].values()) == 100


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
