"""SeqIO's own tools on our tasks, as a user of SeqIO calls them."""

import pytest
import seqio

import seqio_tasks  # noqa: F401 (registers the tasks)
from pali_tf.data import data_root
from pali_tf.data.feature_converter import PaliFeatureConverter
from seqio_tasks import named
from tests.support import stored_examples

pytestmark = pytest.mark.slow

# Those of seqio.scripts.inspect_tasks_main; images have the default size.
LENGTHS = {"inputs": 32, "targets": 32}
NAMES = ("object_detection", "text_span_corruption", "pali_highres")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=6)
    return root


@pytest.fixture(autouse=True)
def located(root, monkeypatch):
    monkeypatch.setenv(data_root.ENVIRONMENT_VARIABLE, str(root))


@pytest.mark.parametrize("name", NAMES)
def test_examples_need_no_length_of_images(name):
    dataset = seqio.get_mixture_or_task(name).get_dataset(
        sequence_length=LENGTHS, split="test", shuffle=False
    )
    example = next(dataset.as_numpy_iterator())
    assert example["images"].shape == (224, 224, 3)
    assert example["visual_tokens"].size == 0
    assert example["image_mask"].tolist() == [bool(example["images"].any())]
    assert example["task_id"].shape == (1,)


@pytest.mark.parametrize(
    ("mixture", "lengths", "side"),
    [
        ("pali_highres", LENGTHS, 224),
        (named.find("pali_highres"), stored_examples.LENGTHS, 16),
    ],
    ids=["registered", "of a run"],
)
def test_get_dataset_gives_the_model_features(mixture, lengths, side):
    converter = PaliFeatureConverter()
    dataset = seqio.get_dataset(
        mixture, lengths, converter, "test", batch_size=2
    )
    shapes = {k: v.shape.as_list() for k, v in dataset.element_spec.items()}
    assert shapes["images"] == [2, side, side, 3]
    assert shapes["encoder_input_tokens"] == [2, lengths["inputs"]]
    assert shapes["image_mask"] == shapes["task_id"] == [2]
    assert len(next(dataset.as_numpy_iterator())["task_id"]) == 2


@pytest.mark.parametrize("name", NAMES)
def test_the_evaluator_scores_every_task(name):
    evaluator = seqio.Evaluator(
        name,
        PaliFeatureConverter(),
        eval_split="test",
        sequence_length=stored_examples.LENGTHS,
    )
    rows = []

    def predict(dataset):
        rows.extend(dataset.as_numpy_iterator())
        return [(int(i), [5, 1]) for i, _ in dataset.as_numpy_iterator()]

    def predict_with_aux(dataset):
        found = predict(dataset)
        return found, {"scores": [-1.0] * len(found)}

    scores, _ = evaluator.evaluate(
        compute_metrics=True,
        predict_fn=predict,
        predict_with_aux_fn=predict_with_aux,
    )
    tasks = seqio.get_subtasks(seqio.get_mixture_or_task(name))
    assert scores.result().keys() == {task.name for task in tasks}
    assert all(scores.result().values())
    # The model's features, as anywhere.
    assert {row["task_id"].shape for _, row in rows} == {()}
    assert rows[0][1].keys() == PaliFeatureConverter.MODEL_FEATURES.keys()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
