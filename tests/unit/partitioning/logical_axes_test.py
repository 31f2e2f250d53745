"""The table of logical axes."""

import pytest

from pali_tf.partitioning.logical_axes import logical_axes


@pytest.mark.parametrize(
    ("path", "axes"),
    [
        ("token_embedder/embedding", ("vocab", "embed")),
        ("decoder/layers_3/mlp/wo/kernel", ("mlp", "embed")),
        ("vision/layers_0/attention/query/bias", ("joined_kv",)),
        ("vision/encoder_norm/gamma", ("embed",)),
        ("connector/kernel", ("vision_embed", "embed")),
    ],
)
def test_known_paths(path: str, axes: tuple[str, ...]):
    assert logical_axes(path, len(axes)) == axes


def test_unknown_path_is_an_error():
    with pytest.raises(ValueError, match="No logical axes for parameter x/y"):
        logical_axes("x/y", 1)


def test_rank_is_checked():
    with pytest.raises(ValueError, match="has 3 dimensions"):
        logical_axes("connector/kernel", 3)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
