"""The path of a Keras variable as our parameter trees name it."""

import re
from typing import Any

# A block of an unrolled stack; T5X has it right below the tower.
_UNROLLED = re.compile(r"(^|/)layers/(layers_\d+)/")
_SEED_STATE = "seed_generator_state"


def parameter_path(variable: Any) -> str:
    """Gives the path below the model's root, as mT5 checkpoints have it.

    Example: "pali/token_embedder/embeddings" -> "token_embedder/embedding";
        "pali/encoder/layers/layers_3/mlp/wo/kernel" ->
        "encoder/layers_3/mlp/wo/kernel".
    """
    path = variable.path.split("/", 1)[1]
    path = _UNROLLED.sub(r"\1\2/", path)
    return path.replace("token_embedder/embeddings", "token_embedder/embedding")


def is_seed_state(variable: Any) -> bool:
    """Whether it is the state of a random generator, not a parameter."""
    return variable.path.endswith(_SEED_STATE)


def parameters_by_path(model: Any) -> dict[str, Any]:
    """Gives the variables of a built keras.Model that are parameters."""
    return {
        parameter_path(v): v for v in model.variables if not is_seed_state(v)
    }
