"""What a reader of files is told."""

import dataclasses
import functools
from collections.abc import Callable, Mapping

from etils.epath import Path

from pali_tf.errors import nearest
from pali_tf.importing.problems import Problems
from seqio_tasks import languages

_LANGUAGES = frozenset(languages.WEBLI + languages.XM3600)


def _show_nothing(done: float, total: float) -> None:
    del done, total


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What is to be read, and how.

    Attributes:
        input: the file or folder.
        split: "train", "validation" or "test".
        images: the folder that names of images start from; None: the folder
            of `input`.
        language: lower-case code of texts that have none of their own.
        fields: our name of a field -> the file's name for it.
        problems: where problems are reported.
        progress: called with (done, total), in any unit, where a reader knows
            how far it is.
    """

    input: Path
    split: str = "train"
    images: Path | None = None
    language: str = "en"
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    problems: Problems = dataclasses.field(default_factory=Problems)
    progress: Callable[[float, float], None] = _show_nothing

    @functools.cached_property
    def image_root(self) -> Path:
        """The folder that names of images start from."""
        if self.images is not None:
            return self.images
        return self.input if self.input.is_dir() else self.input.parent

    def knows(self, language: str, where: str = "--language") -> bool:
        """Tells whether the tasks know a language; reports one they do not.

        Args:
            language: its code.
            where: the file and the place in it.
        """
        if language in _LANGUAGES:
            return True
        self.problems.report(
            "unknown-language",
            where,
            f"no language has the code {language!r}"
            f"{nearest(language, _LANGUAGES)}",
        )
        return False
