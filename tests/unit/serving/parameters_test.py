import numpy as np
import pytest

from serving.parameters import assign_parameters
from tests.support.tiny_pali import make_functional, make_pali


@pytest.fixture(scope="module")
def model():
    return make_pali()


@pytest.fixture
def values():
    rng = np.random.default_rng(3)
    return {
        path: rng.normal(size=spec.shape).astype(np.float32)
        for path, spec in make_functional().specs.items()
    }


def test_every_parameter_is_assigned(model, values):
    num_numbers = assign_parameters(model, values)
    assert num_numbers == sum(value.size for value in values.values())
    by_path = {v.path.split("/", 1)[1]: v for v in model.variables}
    np.testing.assert_array_equal(
        by_path["connector/kernel"], values["connector/kernel"]
    )
    np.testing.assert_array_equal(
        by_path["token_embedder/embeddings"],
        values["token_embedder/embedding"],
    )


def test_a_missing_parameter_is_named(model, values):
    del values["connector/kernel"]
    with pytest.raises(ValueError, match="lacks 1 of .*'connector/kernel'"):
        assign_parameters(model, values)


def test_an_unknown_parameter_is_named_with_the_nearest(model, values):
    values["connector/kernels"] = np.zeros(1)
    with pytest.raises(ValueError, match="did you mean 'connector/kernel'"):
        assign_parameters(model, values)


def test_nothing_is_assigned_where_a_shape_differs(model, values):
    before = [np.asarray(v) for v in model.variables]
    values["connector/kernel"] = np.zeros((2, 3), np.float32)
    with pytest.raises(
        ValueError, match=r"connector/kernel has shape \(2, 3\)"
    ):
        assign_parameters(model, values)
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, variable)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
