"""A SavedModel with the signatures of an exported PaLI, made by hand.

It answers "<marker>: <prompt>" with the negative length of the prompt, so that
server and client are tested without a model.
"""

from pathlib import Path

import tensorflow as tf

from serving.signatures import (
    ANSWER_SIGNATURE,
    EMBED_SIGNATURE,
    SCORE_SIGNATURE,
)

JPEG = tf.io.encode_jpeg(tf.zeros([8, 8, 3], tf.uint8)).numpy()
NOT_A_JPEG = "image_bytes[1] is not a JPEG"


class _Toy(tf.Module):
    def __init__(self, marker: str):
        super().__init__()
        self._marker = tf.Variable(marker)

    def _check(self, image_bytes):
        is_good = tf.strings.substr(image_bytes, 0, 2) == b"\xff\xd8"
        is_good = tf.concat([is_good, [True]], 0)  # argmin takes no nothing.
        first_bad = tf.argmin(tf.cast(is_good, tf.int32))
        message = tf.strings.join(
            ["image_bytes[", tf.as_string(first_bad), "] is not a JPEG"]
        )
        return tf.debugging.Assert(tf.reduce_all(is_good), [message])

    def answer(self, image_bytes, prompt):
        with tf.control_dependencies([self._check(image_bytes)]):
            text = tf.strings.join([self._marker, ": ", prompt])
        length = tf.strings.length(prompt)
        return {"text": text, "score": -tf.cast(length, tf.float32)}

    def score(self, image_bytes, prompt, target):
        answer = self.answer(image_bytes, prompt)
        return {
            "score": answer["score"],
            "num_tokens": tf.strings.length(target),
        }

    def embed(self, image_bytes):
        with tf.control_dependencies([self._check(image_bytes)]):
            size = tf.cast(tf.strings.length(image_bytes), tf.float32)
        return {"visual_tokens": tf.tile(size[:, None, None], [1, 4, 2])}

    def slow(self):
        count = tf.while_loop(
            lambda i: i < 10**9, lambda i: i + 1, [tf.constant(0)]
        )
        return {"count": count[0]}


def write(base_path: Path, version: int, marker: str = "echo") -> Path:
    """Writes `<base_path>/<version>/`, whole at once."""
    toy = _Toy(marker)
    signatures = {}
    for signature, function in (
        (ANSWER_SIGNATURE, toy.answer),
        (SCORE_SIGNATURE, toy.score),
        (EMBED_SIGNATURE, toy.embed),
    ):
        specs = {
            info.name: tf.TensorSpec([None], tf.string, name=info.name)
            for info in signature.inputs
        }
        signatures[signature.name] = tf.function(
            function
        ).get_concrete_function(**specs)
    signatures["slow"] = tf.function(toy.slow).get_concrete_function()
    path = base_path / str(version)
    temporary = base_path / f"tmp-{version}"
    tf.saved_model.save(toy, str(temporary), signatures=signatures)
    temporary.rename(path)
    return path
