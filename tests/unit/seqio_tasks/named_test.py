"""The data of a run that one line names."""

import importlib
import sys

import pytest
import seqio

from pali_tf.data import data_root, input_pipeline
from pali_tf.data.data_root import DataRoot
from pali_tf.data.task_choices import TaskChoices
from seqio_tasks import named
from tests.support import stored_examples
from tests.support.stored_examples import LENGTHS


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=4)
    return DataRoot(str(root))


def first(name, root):
    (task,) = named.find(name, root).tasks
    dataset = input_pipeline.eval_dataset(
        task, feature_lengths=LENGTHS, split="train", seed=0
    )
    example = next(dataset.as_numpy_iterator())
    words = root.vocabulary()
    return tuple(
        words.decode(example[key].tolist()) for key in ("inputs", "targets")
    )


def test_a_name_of_a_task_is_a_mixture_of_it(root):
    data = named.find("webli_ocr", root)
    assert str(data) == data.name == "webli_ocr"
    assert data.task_names == ("webli_ocr",)
    assert data.tasks[0].source.root == root
    assert len(named.find("pali_tiny", root).tasks) == 8


def test_an_objective_on_a_source_is_a_task(root):
    data = named.find("captioning:openimages", root)
    assert data.task_names == ("captioning:openimages",)
    inputs, targets = first("captioning:openimages:fr", root)
    assert inputs.startswith("Generate the alt_text in FR at 0:")
    assert targets == "un chat rouge et un chien bleu"


@pytest.mark.parametrize(
    ("name", "source", "prompt"),
    [
        # Built-in tasks are coco_captioning, of coco_karpathy, vizwiz_vqa and
        # webli_split_captioning.
        ("captioning:coco", "coco", "caption_image"),
        ("vqa:vizwiz", "vizwiz", "answer_in_english"),
        ("captioning:webli_split", "webli_split", "caption_image"),
        ("captioning:my_split", "my_split", "caption_image"),
        ("split_captioning:my", "my", "split_caption"),
    ],
)
def test_a_name_with_a_colon_is_of_the_users_own_data(name, source, prompt):
    definition = named._definition(name)
    assert definition.objective.make_text.__name__ == prompt
    (task,) = named.find(name).tasks
    assert (task.name, task.source.source) == (name, source)


def test_tasks_that_look_alike_may_be_mixed():
    names = {
        "captioning:my_split",
        "split_captioning:my",
        "captioning:coco",
        "coco_captioning",
    }
    data = named.find(dict.fromkeys(names, 1))
    assert set(data.task_names) == names


@pytest.mark.parametrize(
    ("name", "inputs", "targets"),
    [
        ("vqa:webli:fr", "Answer in EN: De quelle couleur", "red"),
        ("vqa_native:webli:fr", "Answer in FR: De quelle couleur", "red"),
        ("vqg:webli:fr", "Generate a question in FR for red", "De quelle"),
        ("detection:webli", "detect ", "0 "),
    ],
)
def test_prompts_of_objectives(root, name, inputs, targets):
    prompt, target = first(name, root)
    assert prompt.startswith(inputs)
    assert target.startswith(targets)


def test_each_call_has_its_own_root_and_choices(root, tmp_path):
    other = DataRoot(str(tmp_path))
    choices = TaskChoices(join_documents=False)
    one = named.find("text_span_corruption", root)
    two = named.find("text_span_corruption", other, choices)
    assert (one.root, two.root) == (root, other)
    assert (one.choices, two.choices) == (TaskChoices(), choices)
    assert one.tasks[0].source.joining is not None
    assert two.tasks[0].source.joining is None
    assert one.tasks[0].source.list_shards("train")


def test_rates_are_a_mixture():
    rates = {"captioning:openimages": 1, "webli_ocr": 0.5}
    found = named.find(rates)
    assert found.rates == rates
    assert named.find(str(rates)).rates == rates
    # Files of a run are named by it.
    assert named.find(dict(reversed(rates.items()))).name == found.name
    assert named.find({**rates, "webli_ocr": 2}).name != found.name


def test_the_tasks_of_a_mixture_share_its_rate():
    found = named.find({"pali_highres": 3, "captioning:my_shop": 1})
    assert found.rates == {
        "webli_ocr": 1,
        "cc3m35l_captioning": 1,
        "vq2a_cc3m35l_vqa": 1,
        "captioning:my_shop": 1,
    }


@pytest.mark.slow
def test_an_example_carries_the_place_of_its_task(root):
    data = named.find({"webli_ocr": 1, "captioning:webli": 1}, root)
    for number, task in enumerate(data.tasks):
        dataset = input_pipeline.eval_dataset(
            task, feature_lengths=LENGTHS, split="train", seed=0
        )
        assert next(dataset.as_numpy_iterator())["task_id"] == number


def test_a_registered_task_keeps_what_it_is():
    task = seqio.Task(
        "named_test_foreign",
        source=seqio.TextLineDataSource({"train": "lines.txt"}),
        preprocessors=[],
        output_features={},
    )
    seqio.TaskRegistry.add_provider(task.name, task)
    try:
        assert named.find(task.name).tasks == [task]
    finally:
        seqio.TaskRegistry.remove(task.name)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("captionin:webli", "did you mean 'captioning'"),
        ("captioning:webli:frr", "'frr'; did you mean 'fr'"),
        ("detection:webli:fr", "'detection' takes no language"),
        ("captioning:", "is no objective:source"),
        ("a:b:c:d", "is no objective:source"),
        ("captioning:My shop", "'my_shop' would do"),
        ("webli_ocrr", "did you mean 'webli_ocr'"),
        ({}, "one task at least"),
        ("{'webli_ocr'}", "give a rate after each name"),
        ("{'webli_ocr': ", "are no rates, such as"),
        ({"webli_ocr": 0}, "rate of 'webli_ocr' is 0"),
        ({"webli_ocr": True}, "is True"),
        ({"webli_ocr": float("nan")}, "is nan"),
        ({"pali_tiny": 1, "webli_ocr": 1}, "name webli_ocr twice"),
    ],
)
def test_what_is_none_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        named.find(given)


@pytest.mark.slow
def test_programs_that_know_names_alone_have_a_module(root, monkeypatch):
    monkeypatch.setenv(data_root.ENVIRONMENT_VARIABLE, root.data_dir)
    monkeypatch.delitem(
        sys.modules, "seqio_tasks.imported_tasks", raising=False
    )
    module = importlib.import_module("seqio_tasks.imported_tasks")
    try:
        assert {"vqa:webli", "vqa:webli:fr", "detection:webli"} <= set(
            module.NAMES
        )
        assert "detection:webli:fr" not in module.NAMES
        task = seqio.TaskRegistry.get("captioning:openimages")
        assert len(task.source.list_shards("train")) == 2
    finally:
        for name in module.NAMES:
            seqio.TaskRegistry.remove(name)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
