"""Boxes as text: "ymin xmin ymax xmax label", coordinates 0 to 999.

Example: [Box(0.0, 0.1, 0.5, 1.0, "cat")] <-> "0 100 500 999 cat".

Source: PaLI, arXiv 2209.06794, appendix "The Pretraining Task Mixture".
"""

import dataclasses
import re

# The paper: "integers between 0 and 999"; how it rounds is ours.
MAX_COORDINATE = 999

_COORDINATES = r"(\d{1,3}) (\d{1,3}) (\d{1,3}) (\d{1,3})"
# A label is one word or more, and ends where four numbers begin; so a label of
# several words must have no number among them after the first.
_BOX = re.compile(rf"(?<!\S){_COORDINATES} (.+?)(?= {_COORDINATES} |$)")


@dataclasses.dataclass(frozen=True, slots=True)
class LabelledBox:
    """A box in fractions of the image's height and width, and what is in it."""

    ymin: float
    xmin: float
    ymax: float
    xmax: float
    label: str


def parse_boxes(text: str) -> list[LabelledBox]:
    """Reads the boxes of a prediction; what is no box is passed over.

    A model may write anything: three numbers, a label without a box, a box
    whose sides are the wrong way round or equal. Only whole boxes with
    ymin < ymax, xmin < xmax and a label are returned.

    Example: "1 2 3 cat 10 20 90 100 dog 5 5 1 1 cow" gives the dog alone.
    """
    found = []
    for match in _BOX.finditer(" ".join(text.split())):
        ymin, xmin, ymax, xmax = (
            int(match[i]) / MAX_COORDINATE for i in range(1, 5)
        )
        if ymin < ymax and xmin < xmax:
            found.append(LabelledBox(ymin, xmin, ymax, xmax, match[5]))
    return found
