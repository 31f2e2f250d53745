"""Signatures of the model's packages tell shapes, and calls keep to them."""

import ast
import subprocess
import sys

import pytest

from tests.support.repository import ROOT, files, name
from tests.support.shape_checks import PACKAGES

# A process of its own: what was imported before is not checked.
CHILD = """
from tests.support import shape_checks
shape_checks.install()
import jaxtyping
from pali_tf.backend import set_backend
set_backend("jax")
import jax.numpy as jnp
from pali_tf.decoding.log_probability import log_probability

def refused(logits, ids):
    try:
        log_probability(logits, ids)
    except jaxtyping.TypeCheckError:
        return True
    return False

logits, ids = jnp.zeros((2, 3, 5)), jnp.zeros((2, 3), int)
print(
    refused(logits, ids),
    refused(logits, ids[0]),
    refused(logits, ids.T),
    refused(logits, ids.astype(float)),
)
"""


@pytest.mark.slow
def test_a_wrong_shape_or_type_is_refused():
    ended = subprocess.run(
        [sys.executable, "-c", CHILD],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert ended.stdout.split() == ["False", "True", "True", "True"]


def test_the_flag_checks_this_process(pytestconfig):
    if not pytestconfig.getoption("--check-shapes"):
        pytest.skip("without --check-shapes nothing is checked")
    import jaxtyping
    import numpy as np

    from pali_tf.layers.masks import make_padding_mask

    with pytest.raises(jaxtyping.TypeCheckError):
        make_padding_mask(np.zeros((2, 3, 4), bool))


def annotations(module: ast.Module) -> list[ast.expr]:
    found: list[ast.expr | None] = []
    for node in ast.walk(module):
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            found.append(node.returns)
    return [annotation for annotation in found if annotation is not None]


def num_arrays(annotation: ast.expr) -> tuple[int, int]:
    """How many arrays it names, and how many of them with a shape."""
    nodes = list(ast.walk(annotation))
    arrays = [n for n in nodes if isinstance(n, ast.Name) and n.id == "Array"]
    shaped = [
        n
        for n in nodes
        if isinstance(n, ast.Tuple)
        and isinstance(n.elts[-1], ast.Constant)
        and n.elts[0] in arrays
    ]
    return len(arrays), len(shaped)


def test_every_array_of_a_signature_has_its_shape():
    bare = [
        f"{name(path)}:{annotation.lineno}"
        for path in files(".py", *(f"pali_tf/{room}" for room in PACKAGES))
        for annotation in annotations(ast.parse(path.read_text()))
        if len(set(num_arrays(annotation))) > 1
    ]
    assert bare == []


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
