"""The messages and stubs of TF Serving, without TensorFlow itself.

tensorflow-serving-api's messages import `tensorflow.core.framework.*_pb2`,
and that first imports all of TensorFlow: 7 seconds on two cores, against 0.2
for the messages alone. So while they are imported, an empty package with
TensorFlow's search path stands in its place; a later `import tensorflow` finds
the real one.
"""

import importlib.util
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

_PACKAGE = "tensorflow"


@contextmanager
def _bare_package() -> Iterator[None]:
    spec = importlib.util.find_spec(_PACKAGE)
    if _PACKAGE in sys.modules or spec is None:
        yield  # Already imported, or its absence is the error to show.
        return
    bare = types.ModuleType(_PACKAGE)
    bare.__path__ = list(spec.submodule_search_locations or ())
    sys.modules[_PACKAGE] = bare
    try:
        yield
    finally:
        del sys.modules[_PACKAGE]


with _bare_package():
    import tensorflow.core.framework.tensor_pb2 as tensor_pb2
    import tensorflow.core.framework.types_pb2 as types_pb2
    import tensorflow_serving.apis.predict_pb2 as predict_pb2
    import tensorflow_serving.apis.prediction_service_pb2_grpc as service_grpc

__all__ = ["predict_pb2", "service_grpc", "tensor_pb2", "types_pb2"]
