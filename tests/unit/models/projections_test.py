"""Projections by path, and what is said of a regex that matches none."""

import keras
import pytest

from pali_tf.models.projections import find_projections, projections
from tests.support import tiny_pali


@pytest.fixture(scope="module")
def model():
    return tiny_pali.make_pali()


def test_every_projection_is_there_in_the_models_order(model):
    found = projections(model)
    # The ViT's first, 6 a block; connector, table; 7 and 11 a block; logits.
    assert len(found) == 1 + 2 * 6 + 2 + 2 * 7 + 2 * 11 + 1
    paths = list(found)
    assert paths[0] == "vision/patch_embedding/projection/kernel"
    assert paths[-1] == "decoder/logits_dense/kernel"
    assert isinstance(found["token_embedder/embedding"], keras.layers.Embedding)


def test_whole_paths_match(model):
    chosen = find_projections(model, r"encoder/layers_\d/mlp/wo/kernel")
    assert list(chosen) == [f"encoder/layers_{i}/mlp/wo/kernel" for i in (0, 1)]


def test_no_match_names_the_nearest(model):
    with pytest.raises(
        ValueError, match=r"did you mean 'encoder/layers_0/mlp/wo/kernel' or"
    ):
        find_projections(model, "encoder/layer_0/mlp/wo/kernel")


def test_a_norm_is_no_projection(model):
    with pytest.raises(ValueError, match="matches no projection"):
        find_projections(model, ".*/scale")


def test_a_scanned_stack_is_refused():
    model = tiny_pali.make_pali(scan_layers=True)
    with pytest.raises(ValueError, match="of a scanned stack.*SCAN_LAYERS"):
        find_projections(model, ".*query/kernel")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
