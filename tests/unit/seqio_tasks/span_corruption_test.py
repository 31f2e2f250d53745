import numpy as np
import pytest
import seqio
import tensorflow as tf

from pali_tf.data import vocabulary
from pali_tf.data.task_choices import TaskChoices
from seqio_tasks import span_corruption


def seed(number):
    return tf.constant([9, number], tf.int64)


@pytest.mark.parametrize(
    ("inputs", "targets", "raw"),
    # The pairs that T5's random_spans_helper gives.
    [(64, 14, 70), (128, 29, 141), (256, 58, 284), (512, 114, 568)],
)
def test_raw_lengths_are_t5s(inputs, targets, raw):
    assert span_corruption.max_raw_tokens(inputs, targets) == raw


def test_a_short_target_bounds_the_raw_length():
    raw = span_corruption.max_raw_tokens(512, 14)
    assert raw < span_corruption.max_raw_tokens(512, 114)


@pytest.mark.parametrize("length", [2, 3, 7, 20, 100])
def test_noise_mask(length):
    for number in range(20):
        mask = span_corruption.noise_mask(tf.constant(length), seed(number))
        mask = mask.numpy()
        noise = max(round(length * 0.15), 1)
        spans = np.sum(mask & ~np.roll(mask, 1))
        assert mask.shape == (length,)
        assert mask.sum() == noise
        assert spans == max(round(noise / 3), 1)
        assert not mask[0] and mask[-1]


def test_a_single_token_is_not_hidden():
    mask = span_corruption.noise_mask(tf.constant(1), seed(0))
    assert mask.numpy().tolist() == [False]


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    path = tmp_path_factory.mktemp("v") / "m.model"
    vocabulary.train(["thank you for inviting me to your party"] * 9, path)
    return {"inputs": seqio.Feature(vocabulary=vocabulary.load(path))}


def restored(inputs, targets, size):
    """Puts the spans of the targets back into the inputs."""
    spans, current = {}, None
    for token in targets:
        if token >= size - 100:
            current = spans.setdefault(token, [])
        else:
            current.append(token)
    result = []
    for token in inputs:
        result.extend(spans.get(token, [token]))
    return result


@pytest.mark.parametrize("text", ["thank you", "party"] + ["me to your " * 30])
def test_targets_fill_the_holes(features, text):
    words = features["inputs"].vocabulary
    tokens = words.encode(text)
    lengths = {"inputs": 40, "targets": 20}
    graph = tf.function(
        lambda seed: span_corruption.corrupt_spans(
            {"text": tf.constant(text), "seed": seed}, lengths, features
        )
    )
    for number in range(10):
        example = graph(seed(number))
        inputs = example["inputs"].numpy().tolist()
        targets = example["targets"].numpy().tolist()
        assert len(inputs) < 40 and len(targets) < 20
        assert targets[0] == words.vocab_size - 1
        assert (targets[0] in inputs) == (len(tokens) > 1)
        whole = restored(inputs, targets, words.vocab_size)
        starts = range(len(tokens) - len(whole) + 1)
        assert any(tokens[i : i + len(whole)] == whole for i in starts)
        reference = example["references"].numpy()[0].decode()
        assert reference.startswith("<extra_id_0>")


def test_joined_texts_fill_their_pieces_and_nothing_is_lost(features):
    words = features["inputs"].vocabulary
    texts = ["thank you for inviting me", "to your party", "", "thank you"] * 9
    lengths = {"inputs": 20, "targets": 10}
    longest = span_corruption.max_raw_tokens(20, 10)
    joining = span_corruption.joining(TaskChoices())
    pieces = joining.step(
        tf.data.Dataset.from_tensor_slices({"text": texts}), lengths, features
    )
    assert joining.length(lengths) == longest
    found = [piece["text"].numpy().tolist() for piece in pieces]
    assert {len(piece) for piece in found[:-1]} == {longest}
    assert sum(found, []) == sum((words.encode(text) for text in texts), [])


def test_texts_stay_apart_by_choice():
    assert span_corruption.joining(TaskChoices(join_documents=False)) is None


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
