"""House rules that no linter knows."""

import ast
import re

import pytest

from tests.support.repository import CODE, LIBRARY, ROOT, files, name

MOST_LINES = 400
MOST_FUNCTION_LINES = 60
VAGUE_NAMES = {"utils", "util", "helpers", "common", "misc"}
SUPPRESSION = re.compile(r"#\s*(noqa|type: ignore|pyright: ignore|pragma)")
# May only fall.
MOST_SUPPRESSIONS = 24


def test_no_file_is_too_long():
    long = {
        name(path): count
        for path in files(".py", *CODE)
        if (count := path.read_text().count("\n")) > MOST_LINES
    }
    assert long == {}


Function = ast.FunctionDef | ast.AsyncFunctionDef


def code_lines(function: Function) -> int:
    """Lines of a function, its docstring left out."""
    first = function.body[0]
    docstring = ast.get_docstring(function) is not None
    begin = (first.end_lineno or 0) if docstring else function.lineno - 1
    return (function.end_lineno or 0) - begin


def test_no_library_function_is_too_long():
    long = {}
    for path in files(".py", *LIBRARY):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function):
                if (count := code_lines(node)) > MOST_FUNCTION_LINES:
                    long[f"{name(path)}:{node.name}"] = count
    assert long == {}


def test_no_file_has_a_vague_name():
    paths = files("", *CODE)
    assert [name(p) for p in paths if p.stem in VAGUE_NAMES] == []


def test_suppressions_name_a_rule_and_their_number_does_not_grow():
    found, bare = [], []
    for path in files(".py", *CODE):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if SUPPRESSION.search(line) and "re.compile" not in line:
                place = f"{name(path)}:{number}"
                found.append(place)
                if not re.search(r"noqa: [A-Z]|ignore\[|pragma: no ", line):
                    bare.append(place)
    assert bare == []
    assert len(found) <= MOST_SUPPRESSIONS, found


def is_class(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef)


def test_library_functions_have_typed_arguments_and_results():
    untyped = []
    for path in files(".py", *LIBRARY):
        module = ast.parse(path.read_text())
        owners = [module, *(n for n in module.body if is_class(n))]
        for node in (n for owner in owners for n in owner.body):
            if not isinstance(node, Function):
                continue
            arguments = node.args
            typed = all(
                a.annotation or a.arg in ("self", "cls")
                for a in (
                    *arguments.posonlyargs,
                    *arguments.args,
                    *arguments.kwonlyargs,
                )
            )
            if not typed or not (node.returns or node.name == "__init__"):
                untyped.append(f"{name(path)}:{node.lineno} {node.name}")
    assert untyped == []


def test_no_path_of_a_machine():
    pattern = re.compile(r"/(work|root|home/\w+)/")
    found = [
        f"{name(path)}:{number}"
        for suffix in (".py", ".gin", ".md", ".toml", ".bzl")
        for path in (*files(suffix, *CODE, "docs", "gin"), *ROOT.glob("*.md"))
        if path.suffix == suffix
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line) and "re.compile" not in line
    ]
    assert found == []


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
