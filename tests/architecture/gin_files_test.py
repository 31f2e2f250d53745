"""gin accepts in silence what is misspelt; these tests do not."""

import ast
import pathlib
import re

import pytest

from tests.support.repository import LIBRARY, ROOT, files, name

DEFINITION = re.compile(r"^([A-Z][A-Z0-9_]*)\s*=", re.MULTILINE)
READING = re.compile(r"%([A-Z][A-Z0-9_]*)")
INCLUDE = re.compile(r"^include\s+['\"](.+)['\"]", re.MULTILINE)
COMMENT = re.compile(r"#.*$", re.MULTILINE)
MOST_RUN_FILE_LINES = 30


def text_of(path: pathlib.Path) -> str:
    return COMMENT.sub("", path.read_text())


def closure(path: pathlib.Path) -> list[pathlib.Path]:
    """The file and all that it includes, each once."""
    found = [path]
    for included in INCLUDE.findall(text_of(path)):
        found += closure(ROOT / included)
    return list(dict.fromkeys(found))


GIN_FILES = list(files(".gin", "gin"))
RUN_FILES = sorted((ROOT / "gin").glob("*.gin"))


@pytest.mark.parametrize("path", RUN_FILES, ids=name)
def test_every_macro_that_a_run_defines_is_read_by_it(path):
    texts = [text_of(file) for file in closure(path)]
    defined = {m for text in texts for m in DEFINITION.findall(text)}
    read = {m for text in texts for m in READING.findall(text)}
    assert sorted(defined - read) == []


@pytest.mark.parametrize("path", RUN_FILES, ids=name)
def test_every_macro_that_a_run_reads_is_defined_by_it(path):
    texts = [text_of(file) for file in closure(path)]
    defined = {m for text in texts for m in DEFINITION.findall(text)}
    read = {m for text in texts for m in READING.findall(text)}
    assert sorted(read - defined) == []


def test_every_macro_of_any_file_is_read_by_some_file():
    texts = [text_of(path) for path in GIN_FILES]
    defined = {m for text in texts for m in DEFINITION.findall(text)}
    read = {m for text in texts for m in READING.findall(text)}
    assert sorted(defined - read) == []


@pytest.mark.parametrize("path", GIN_FILES, ids=name)
def test_every_include_exists(path):
    missing = [
        included
        for included in INCLUDE.findall(text_of(path))
        if not (ROOT / included).is_file()
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("file", "function", "more"),
    [
        ("eval", "evaluate", "inference_evaluator_cls"),
        ("infer", "infer", "mode"),
    ],
)
def test_t5x_s_functions_have_the_arguments_that_are_bound(
    file, function, more
):
    # Gin refuses any other as soon as T5X's own program reads the file.
    text = text_of(ROOT / f"gin/runs/{file}.gin")
    block = re.search(rf"^\w+\.{function}:\n((?:  .*\n)+)", text, re.MULTILINE)
    assert block is not None
    assert {*re.findall(r"^  (\w+) =", block[1], re.MULTILINE)} == {
        "model",
        "dataset_cfg",
        "restore_checkpoint_cfg",
        "partitioner",
        "output_dir",
        more,
    }


@pytest.mark.parametrize("path", RUN_FILES, ids=name)
def test_run_files_are_short(path):
    assert path.read_text().count("\n") <= MOST_RUN_FILE_LINES


def test_the_gin_folder_is_no_package():
    # An __init__.py there would hide the gin library.
    assert list((ROOT / "gin").rglob("*.py")) == []


def test_no_library_code_has_a_gin_decorator():
    decorated = []
    for path in files(".py", *LIBRARY):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                decorated += [
                    f"{name(path)}:{node.lineno}"
                    for decorator in node.decorator_list
                    if ast.unparse(decorator).startswith("gin.")
                ]
    assert decorated == []


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
