"""stand-in"""
import difflib
from collections.abc import Iterable
class UserError(ValueError):
    """A mistake of the user."""

def nearest(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f". Known: {', '.join(known) or 'none'}."
