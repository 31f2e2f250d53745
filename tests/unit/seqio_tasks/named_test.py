"""Tasks and mixtures that one line names."""

import importlib
import types

import pytest
import seqio

from pali_tf.data import location
from seqio_tasks import named
from seqio_tasks.objectives import OBJECTIVES
from tests.support import stored_examples
from tests.support.stored_examples import LENGTHS


@pytest.fixture(scope="module", autouse=True)
def located(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=4)
    location.set_data_dir(root)
    yield
    location.set_data_dir(None)


def first(name):
    task = named.find(name)
    dataset = task.get_dataset(
        LENGTHS,
        shuffle=False,
        seed=0,
        num_epochs=1,
        trim_output_features=False,
        try_in_mem_cache=False,
    )
    example = next(dataset.as_numpy_iterator())
    words = task.output_features["inputs"].vocabulary
    return (
        words.decode(example["inputs"].tolist()),
        words.decode(example["targets"].tolist()),
    )


def test_a_registered_name_is_itself():
    found = named.find("webli_ocr")
    assert found is seqio.TaskRegistry.get("webli_ocr")
    assert named.find("pali_tiny").name == "pali_tiny"


def test_an_objective_on_a_source_is_a_task():
    task = named.find("captioning:openimages")
    assert task.name == "openimages_captioning"
    assert named.find("captioning:openimages") is task
    inputs, targets = first("captioning:openimages:fr")
    assert inputs.startswith("Generate the alt_text in FR at 0:")
    assert targets == "un chat rouge et un chien bleu"


@pytest.mark.parametrize(
    ("name", "inputs", "targets"),
    [
        ("vqa:webli:fr", "Answer in EN: De quelle couleur", "red"),
        ("vqa_native:webli:fr", "Answer in FR: De quelle couleur", "red"),
        ("vqg:webli:fr", "Generate a question in FR for red", "De quelle"),
        ("detection:webli", "detect ", "0 "),
    ],
)
def test_prompts_of_objectives(name, inputs, targets):
    prompt, target = first(name)
    assert prompt.startswith(inputs)
    assert target.startswith(targets)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_data_that_are_not_there_are_told_when_read(name):
    objective = OBJECTIVES[name]
    assert objective.metric_fns
    source = objective.source("no_such_source", None)
    with pytest.raises(FileNotFoundError, match="webli/train.info.json"):
        source.list_shards("train")


def test_rates_are_a_mixture():
    rates = {"captioning:openimages": 1, "webli_ocr": 0.5}
    found = named.find(rates)
    assert {t.name: found.get_rate(t) for t in found.tasks} == {
        "openimages_captioning": 1,
        "webli_ocr": 0.5,
    }
    assert named.find(dict(rates)) is found
    assert named.find(str(rates)) is found
    assert named.find({**rates, "webli_ocr": 2}) is not found


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("captionin:webli", "did you mean 'captioning'"),
        ("captioning:webli:frr", "'frr'; did you mean 'fr'"),
        ("detection:webli:fr", "'detection' takes no language"),
        ("captioning:", "is no objective:source"),
        ("a:b:c:d", "is no objective:source"),
        ("captioning:My shop", "'my_shop' would do"),
        ("webli_ocrr", "Nearest: webli_ocr"),
        ({}, "one task at least"),
        ("{'webli_ocr'}", "give a rate after each name"),
        ("{'webli_ocr': ", "are no rates, such as"),
        ({"webli_ocr": 0}, "rate of 'webli_ocr' is 0"),
        ({"webli_ocr": True}, "is True"),
        ({"webli_ocr": float("nan")}, "is nan"),
        ({"ocr:webli": 1, "webli_ocr": 1}, "name a task twice"),
    ],
)
def test_what_is_none_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        named.find(given)


def test_programs_that_know_names_alone_have_a_module(monkeypatch):
    asked = []

    def find(name):
        asked.append(name)
        return types.SimpleNamespace(name=name)

    monkeypatch.setattr(named, "find", find)
    module = importlib.import_module("seqio_tasks.imported_tasks")
    assert module.NAMES == tuple(asked)
    assert {"vqa:webli", "captioning:openimages"} <= set(asked)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
