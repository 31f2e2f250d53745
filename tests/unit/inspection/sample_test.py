"""What is said of an example: its tokens, its picture, what was cut."""

import io

import numpy as np
import pytest
import seqio
from PIL import Image

from pali_tf.data.vocabulary import UNKNOWN_ID
from pali_tf.inspection import sample
from tests.support import tiny_vocabulary

LENGTHS = {"inputs": 4, "targets": 3}


class FixedVocabulary(seqio.PassThroughVocabulary):
    """Ids that are text already; 1 ends a sequence, 2 is unknown."""

    def __init__(self):
        super().__init__(size=100, eos_id=1)

    @property
    def unk_id(self):
        return UNKNOWN_ID


@pytest.fixture
def task():
    feature = seqio.Feature(vocabulary=FixedVocabulary())
    return seqio.Task(
        "a_task",
        source=seqio.TFExampleDataSource({}, {}),
        preprocessors=[],
        output_features={"inputs": feature, "targets": feature},
    )


def describe(task, inputs, targets, **fields):
    example = {"inputs": np.array(inputs), "targets": np.array(targets)}
    return sample.describe(task, {**example, **fields}, LENGTHS)


def test_tokens_and_fields(task):
    fields = {"language": b"fr", "form": b"which", "example_id": b"x"}
    drawn = describe(task, [5, 6, 1], [7, 1], **fields)
    assert [token for token, _ in drawn.prompt.tokens] == [5, 6, 1]
    assert (drawn.language, drawn.form, drawn.example_id) == (
        "fr",
        "which",
        "x",
    )
    assert not (drawn.prompt.is_cut or drawn.target.is_cut)
    assert not (drawn.prompt.has_unknown or drawn.target.has_unknown)
    assert drawn.picture is None


def test_texts_over_their_length_are_cut(task):
    drawn = describe(task, [5, 6, 7, 8, 1], [7, 8, 1])
    assert len(drawn.prompt.tokens) == 4
    assert (drawn.prompt.is_cut, drawn.target.is_cut) == (True, False)
    # Cut by the task itself: the end is missing.
    assert describe(task, [5, 1], [7, 8, 9]).target.is_cut
    assert describe(task, [5, 1], [1], is_truncated=True).prompt.is_cut


def test_unknown_pieces_are_seen(task):
    assert describe(task, [5, UNKNOWN_ID, 1], [1]).prompt.has_unknown


def test_small_pictures_are_exact(task, rng):
    pixels = rng.integers(0, 256, (16, 16, 3), np.uint8)
    drawn = describe(task, [1], [1], images=pixels, image_mask=True)
    shown = np.asarray(Image.open(io.BytesIO(drawn.picture.encoded)))
    np.testing.assert_array_equal(shown, pixels)
    assert not drawn.picture.is_one_colour


def test_large_pictures_are_jpeg(task):
    pixels = np.full((128, 128, 3), 90, np.uint8)
    drawn = describe(task, [1], [1], images=pixels)
    assert Image.open(io.BytesIO(drawn.picture.encoded)).format == "JPEG"
    assert drawn.picture.is_one_colour


def test_text_alone_has_no_picture(task):
    pixels = np.zeros((16, 16, 3), np.uint8)
    assert describe(
        task, [1], [1], images=pixels, image_mask=False
    ).picture is (None)


def test_pieces_of_a_sentencepiece_vocabulary(tmp_path):
    path = tmp_path / "sentencepiece.model"
    path.write_bytes(tiny_vocabulary.make())
    vocabulary = seqio.SentencePieceVocabulary(str(path))
    piece_of = sample._pieces(vocabulary)
    assert piece_of(vocabulary.eos_id) == "</s>"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
