"""Whether a language code is one that the tasks know."""

from pali_tf.errors import nearest
from pali_tf.importing.problems import Problems
from seqio_tasks import languages

KNOWN = frozenset(languages.WEBLI + languages.XM3600)


def check_language(code: str, where: str, problems: Problems) -> bool:
    """Tells whether a code is known; reports one that is not.

    Args:
        code: such as "en"; "" where a text has no language.
        where: the file and the place in it.
        problems: told of an unknown code, with the nearest.
    """
    if code in KNOWN:
        return True
    problems.report(
        "unknown-language",
        where,
        f"no language has the code {code!r}{nearest(code, KNOWN)}",
    )
    return False
