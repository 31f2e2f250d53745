"""What event files of TensorBoard hold, read without TensorFlow."""

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.tensorflow_stub import errors
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import (
    PyRecordReader_New,
)
from tensorboard.util.tensor_util import make_ndarray


def read_events(path: pathlib.Path, faults: list[str]) -> Iterator[Event]:
    """Yields the events of a file, up to where it is broken.

    Args:
        path: The file.
        faults: Gets a sentence if it is.
    """
    # TensorBoard's reader for where TensorFlow is not installed.
    reader = PyRecordReader_New(str(path))
    while True:
        try:
            reader.GetNext()
        except errors.OutOfRangeError:
            return
        except errors.DataLossError as error:
            # A last record that is cut was being written.
            if "truncated" not in str(error):
                faults.append(f"{path} is broken ({error}).")
            return
        yield Event.FromString(reader.record())


def find_event_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """Gives a folder's event files, in the order in which they were begun."""
    return sorted(
        folder.glob("events.out.tfevents.*"),
        # Seconds since 1970, or nanoseconds.
        key=lambda path: path.name.split(".")[3].ljust(19, "0"),
    )


def read_numbers(
    folder: pathlib.Path, faults: list[str]
) -> list[dict[str, Any]]:
    """Gives the curves of a folder as the lines of a metrics.jsonl.

    A run under T5X leaves no such file. Where a process went back to an
    earlier step, what was written of later ones before it is left out.

    Args:
        folder: MODEL_DIR/train, say.
        faults: Gets a sentence about each file that is broken.
    """
    lines: dict[int, dict[str, Any]] = {}
    for path in find_event_files(folder):
        of_file: dict[int, dict[str, Any]] = {}
        for event in read_events(path, faults):
            for value in event.summary.value:
                number = _number(value)
                if number is not None and not value.tag.startswith("timing/"):
                    line = of_file.setdefault(event.step, {"step": event.step})
                    line[value.tag] = number
        if of_file:
            first = min(of_file)
            lines = {s: line for s, line in lines.items() if s < first}
        lines |= of_file
    return [lines[step] for step in sorted(lines)]


def _number(value: Any) -> float | None:
    if value.WhichOneof("value") == "simple_value":
        return value.simple_value
    if value.WhichOneof("value") != "tensor":
        return None
    array = make_ndarray(value.tensor)
    is_number = array.size == 1 and np.issubdtype(array.dtype, np.number)
    return float(array.item()) if is_number else None
