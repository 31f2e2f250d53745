"""Fonts by script: which file can draw it, or which package brings one."""

import dataclasses
import functools
import importlib.util
import shutil
import subprocess
from pathlib import Path

from PIL import features

from pali_tf.errors import MissingFileError

_WELL_KNOWN = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts").expanduser(),
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Script:
    """A writing system: font files that draw it, the best first.

    `needs_shaping`: letters change form with their neighbours; only a Pillow
    built with raqm draws them right.
    """

    name: str
    font_files: tuple[str, ...]
    debian_package: str
    needs_shaping: bool = False


_DEJAVU = ("DejaVuSans-Bold.ttf",)
_CJK = (
    "NotoSansCJK-Bold.ttc",
    "NotoSansCJK-Regular.ttc",
    "NotoSerifCJK-Bold.ttc",
    "NotoSerifCJK-Regular.ttc",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
)

SCRIPTS: dict[str, Script] = {
    script.name: script
    for script in (
        *(
            Script(name, _DEJAVU, "fonts-dejavu-core")
            for name in ("Latin", "digits", "Greek", "Cyrillic")
        ),
        Script("Han", _CJK, "fonts-noto-cjk"),
        Script("Kana", _CJK, "fonts-noto-cjk"),
        Script(
            "Devanagari",
            (
                "NotoSansDevanagari-Bold.ttf",
                "NotoSansDevanagari-Regular.ttf",
                "Lohit-Devanagari.ttf",
            ),
            "fonts-noto-core",
            needs_shaping=True,
        ),
        Script(
            "Arabic",
            (
                "NotoSansArabic-Bold.ttf",
                "NotoNaskhArabic-Bold.ttf",
                "NotoNaskhArabic-Regular.ttf",
            ),
            "fonts-noto-core",
            needs_shaping=True,
        ),
    )
}


@functools.cache
def wheel_font() -> Path:
    """Returns DejaVu Sans Bold as matplotlib's wheel ships it.

    The same file on every machine, so images at the grid level are too.
    """
    spec = importlib.util.find_spec("matplotlib")
    for location in (spec and spec.submodule_search_locations) or ():
        path = Path(location) / "mpl-data/fonts/ttf" / _DEJAVU[0]
        if path.is_file():
            return path
    raise MissingFileError(
        "No DejaVu font: it comes inside matplotlib, which is not installed. "
        "Run: pip install matplotlib"
    )


@functools.cache
def find_font(script: str) -> Path | None:
    """Returns a font file that draws `script`, or None if there is none."""
    wanted = SCRIPTS[script]
    if wanted.font_files == _DEJAVU:
        return wheel_font()
    if wanted.needs_shaping and not features.check("raqm"):
        return None
    installed = _installed_fonts()
    for file in wanted.font_files:
        if file in installed:
            return installed[file]
    return None


def missing_scripts() -> dict[str, str]:
    """Returns, for each script that cannot be drawn here, what to install."""
    advice = {}
    for name, script in SCRIPTS.items():
        if find_font(name) is None:
            advice[name] = f"apt-get install {script.debian_package}"
            if script.needs_shaping and not features.check("raqm"):
                advice[name] = "a Pillow built with raqm (its wheels are)"
    return advice


@functools.cache
def _installed_fonts() -> dict[str, Path]:
    """Returns font files by name, from fontconfig and well-known folders."""
    found: dict[str, Path] = {}
    for folder in _WELL_KNOWN:
        if folder.is_dir():
            for path in sorted(folder.rglob("*.tt[fc]")):
                found.setdefault(path.name, path)
    if shutil.which("fc-list"):
        listing = subprocess.run(
            ["fc-list", "--format", "%{file}\n"],
            capture_output=True,
            text=True,
            check=True,
        )
        for line in sorted(listing.stdout.split("\n")):
            if line:
                found.setdefault(Path(line).name, Path(line))
    return found
