"""The path of a Keras variable as our parameter trees name it."""

from typing import Any

_SEED_STATE = "seed_generator_state"


def parameter_path(variable: Any) -> str:
    """Gives the path below the model's root.

    The table of a Keras Embedding is `embeddings`; mT5 checkpoints, and so
    our trees, have `embedding`.

    Args:
        variable: a keras.Variable.

    Example: "pali/token_embedder/embeddings" -> "token_embedder/embedding".
    """
    path = variable.path.split("/", 1)[1]
    return path.replace("token_embedder/embeddings", "token_embedder/embedding")


def is_seed_state(variable: Any) -> bool:
    """Whether it is the state of a random generator, not a parameter."""
    return variable.path.endswith(_SEED_STATE)
