"""What the documents point at exists."""

import pathlib
import re

import pytest

from tests.support.repository import ROOT, files, name

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
MAKE_TARGET = re.compile(r"`make ([a-z-]+)`")

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *files(".md", "docs")]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_resolve(path):
    broken = []
    for found in LINK.findall(path.read_text()):
        link = (found[0] or found[1]).split("#")[0]
        if not link or re.match(r"[a-z]+:", link):
            continue
        if not (path.parent / pathlib.Path(link)).exists():
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_make_targets_exist(path):
    makefile = (ROOT / "Makefile").read_text()
    missing = [
        target
        for target in MAKE_TARGET.findall(path.read_text())
        if f"\n{target}:" not in makefile
    ]
    assert missing == []


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
