"""What the paper leaves open about its tasks, as one configuration.

A run binds it in gin (`runtime.TaskChoices`), and its tasks are made with it.
docs/PAPER.md says why each default is what it is.
"""

import dataclasses

from pali_tf.errors import UserError

ORDERS = ("reading", "stored")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskChoices:
    """How the tasks draw and order what they ask for.

    Weights are whole numbers: a choice of weight 2 is drawn twice as often as
    one of weight 1, one of weight 0 never.

    Attributes:
        min_beginning: words at least before a split caption's cut.
        min_rest: words at least after it.
        ocr_order: "reading" (line by line, left to right), or "stored".
        form_weights: of the object-aware forms: list, presence, set_presence,
            which.
        yes_no_weights: of the answers to the presence forms.
        max_objects: present names at most in a set_presence or which question.
        max_absent: absent names at most in a which question.
        max_listed: names at most in a list; None: all.
        max_detected: present classes at most in a detection prompt.
        max_detected_absent: absent ones at most; the number is drawn.
        box_order: "reading", or "stored".
        class_names: of a detection data set that names no absent classes:
            they are drawn from these, the present ones excepted.
        noise_density: share of a text's tokens that is hidden.
        mean_span_length: tokens of a hidden span, on average.
        max_ocr_tokens: tokens at most of the printed words in a benchmark's
            prompt; None: as many as the inputs have room for.
        join_documents: whether texts are joined and split to full length, as
            mT5 does; else each is an example of its own, cut to a window.
    """

    min_beginning: int = 1
    min_rest: int = 1
    ocr_order: str = "reading"
    form_weights: tuple[int, ...] = (1, 1, 1, 1)
    yes_no_weights: tuple[int, ...] = (1, 1)
    max_objects: int = 2
    max_absent: int = 2
    max_listed: int | None = None
    max_detected: int = 4
    max_detected_absent: int = 2
    box_order: str = "reading"
    class_names: tuple[str, ...] = ()
    noise_density: float = 0.15
    mean_span_length: float = 3.0
    max_ocr_tokens: int | None = None
    join_documents: bool = True

    def __post_init__(self) -> None:
        """Checks each value, and names the one that is wrong."""
        for name in ("ocr_order", "box_order"):
            if getattr(self, name) not in ORDERS:
                raise UserError(
                    f"{name} is {getattr(self, name)!r}, not one of {ORDERS}."
                )
        for name, count in (("form_weights", 4), ("yes_no_weights", 2)):
            _check_weights(name, getattr(self, name), count)
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise UserError(f"{name} is {value}, not >= {least}.")
        if not 0 < self.noise_density < 1:
            raise UserError(
                f"noise_density is {self.noise_density}, not in (0, 1)."
            )


_LEAST = {
    "min_beginning": 1,
    "min_rest": 1,
    "max_objects": 1,
    "max_absent": 0,
    "max_listed": 1,
    "max_detected": 1,
    "max_detected_absent": 0,
    "max_ocr_tokens": 0,
    "mean_span_length": 1,
}


def _check_weights(name: str, weights: tuple[int, ...], count: int) -> None:
    is_right = len(weights) == count and all(
        isinstance(weight, int) and weight >= 0 for weight in weights
    )
    if not is_right or sum(weights) == 0:
        raise UserError(
            f"{name} is {weights}; {count} whole numbers >= 0 are needed, not "
            "all of them 0."
        )
