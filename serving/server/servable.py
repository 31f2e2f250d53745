"""One version of a model, loaded and ready to run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the tokenizer's ops
from tensorflow.core.protobuf import meta_graph_pb2

from serving.server.errors import from_tensorflow


class Servable:
    """A SavedModel in a session of its own, as TF Serving holds it.

    A session, not `tf.saved_model.load`, because it takes a deadline and runs
    only what the fetched outputs need. `run` may be called from many threads.
    The memory is freed with the last reference.

    Raises:
        OSError, ValueError, tf.errors.OpError: the SavedModel is damaged.
    """

    def __init__(self, name: str, version: int, path: Path):
        self.name = name
        self.version = version
        self.path = path
        graph = tf.Graph()
        with graph.as_default():
            self._session = tf.compat.v1.Session(graph=graph)
            meta_graph = tf.compat.v1.saved_model.loader.load(
                self._session, [tf.saved_model.SERVING], str(path)
            )
        self.signatures: Mapping[str, meta_graph_pb2.SignatureDef] = dict(
            meta_graph.signature_def
        )

    def run(
        self,
        fetches: Sequence[str],
        feeds: Mapping[str, np.ndarray],
        timeout_seconds: float | None = None,
    ) -> list[np.ndarray]:
        """Gives tensors by name, such as "StatefulPartitionedCall:0".

        Args:
            fetches: names of tensors.
            feeds: arrays by name of tensor.
            timeout_seconds: float > 0; None: no limit.

        Raises:
            ServingError: the graph refused its input, or time ran out.
        """
        options: Any = None
        if timeout_seconds is not None:
            options = tf.compat.v1.RunOptions(
                timeout_in_ms=max(1, int(timeout_seconds * 1000))
            )
        try:
            return self._session.run(
                list(fetches), dict(feeds), options=options
            )
        except tf.errors.OpError as error:
            raise from_tensorflow(error) from error
