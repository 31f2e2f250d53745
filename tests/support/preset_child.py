"""Answers from presets, in a process of its own.

python -m tests.support.preset_child [--without=tensorflow ...] preset ...
Prints, as JSON, the backend and what each preset answers. An adapter may stand
behind a preset: preset+adapter.
"""

import json
import sys
from typing import Any, cast

PROMPT = "what is in the image"
TARGET = "two"


def main(*arguments: str) -> None:
    """Blocks modules, then answers as a user would."""
    for argument in arguments:
        if argument.startswith("--without="):
            # An import of it raises ImportError from now on.
            sys.modules[argument.removeprefix("--without=")] = cast(Any, None)
    from pali_tf.presets import PaliModel

    answers = {}
    for argument in arguments:
        if argument.startswith("--"):
            continue
        folder, _, adapter = argument.partition("+")
        model = PaliModel.from_preset(folder)
        if adapter:
            model.load_adapter(adapter)
        images = [f"{folder}/../{name}.jpg" for name in "ab"]
        answers[argument] = {
            "texts": model.generate(images, PROMPT),
            "scores": model.score(images, PROMPT, TARGET).tolist(),
        }
    import keras

    backend = keras.backend.backend()
    sys.stdout.write(json.dumps({"backend": backend, "answers": answers}))


if __name__ == "__main__":
    main(*sys.argv[1:])
