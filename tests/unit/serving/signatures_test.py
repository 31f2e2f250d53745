import subprocess
import sys

import pytest

from serving import signatures

_LIST_FOREIGN = """
import sys
import serving.signatures
names = {name.split(".")[0] for name in sys.modules} - {"__main__", "serving"}
print(sorted(names & set(sys.argv[1:])))
"""


def test_the_contract_of_the_design():
    shown = {
        name: (
            [(i.name, i.dtype, i.shape) for i in signature.inputs],
            [(o.name, o.dtype, o.shape) for o in signature.outputs],
        )
        for name, signature in signatures.SIGNATURES.items()
    }
    image = ("image_bytes", "string", (None,))
    prompt = ("prompt", "string", (None,))
    score = ("score", "float32", (None,))
    assert shown == {
        "serving_default": (
            [image, prompt],
            [("text", "string", (None,)), score],
        ),
        "score": (
            [image, prompt, ("target", "string", (None,))],
            [score, ("num_tokens", "int32", (None,))],
        ),
        "embed": (
            [image],
            [("visual_tokens", "float32", (None, None, None))],
        ),
    }


def test_imports_nothing_but_the_standard_library():
    heavy = ["numpy", "tensorflow", "grpc", "keras", "jax", "absl", "pali_tf"]
    shown = subprocess.run(
        [sys.executable, "-c", _LIST_FOREIGN, *heavy],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip() == "[]"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
