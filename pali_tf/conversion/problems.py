"""What is wrong with a conversion, all of it at once."""

import re
from collections.abc import Iterable, Sequence

from pali_tf.errors import UserError

_MAX_SHOWN = 20


class ConversionError(UserError):
    """A checkpoint that cannot be converted as it is.

    Attributes:
        problems: one sentence each, naming file and array.
    """

    def __init__(self, title: str, problems: Sequence[str]):
        self.problems = tuple(problems)
        shown = [f"  {problem}" for problem in self.problems[:_MAX_SHOWN]]
        if len(self.problems) > _MAX_SHOWN:
            shown.append(f"  ... and {len(self.problems) - _MAX_SHOWN} more.")
        super().__init__("\n".join([title, *shown]))


class Allowed:
    """The names that may be left unused or missing.

    Args:
        patterns: regular expressions; a name that one of them is found in is
            allowed.

    Attributes:
        used: the names that were let pass, in order.
    """

    def __init__(self, patterns: Iterable[str] = ()):
        self._patterns = []
        for pattern in patterns:
            try:
                self._patterns.append(re.compile(pattern))
            except re.error as error:
                raise UserError(
                    f"--allow={pattern!r} is no regular expression: {error}."
                ) from error
        self.used: dict[str, None] = {}

    def __call__(self, *names: str) -> bool:
        """Whether one of the names of an array is allowed; notes it."""
        is_allowed = any(
            pattern.search(name) for pattern in self._patterns for name in names
        )
        if is_allowed:
            self.used.setdefault(names[0])
        return is_allowed
