"""Every ORA error the sandbox raises has its text in the one table, with the right arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import dtm.sandbox
from dtm.sandbox.kernel.errors import MESSAGES

ROOT = Path(dtm.sandbox.__file__).parent
CONVERSION = re.compile(r"%[sd]")


def raised() -> Iterator[tuple[str, int, int]]:
    """(place, ORA number, arguments) of every OraError(<number>, ...) without its own message."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id != "OraError" or not node.args:
                continue
            number = node.args[0]
            if not isinstance(number, ast.Constant) or not isinstance(number.value, int):
                continue
            if any(keyword.arg in ("message", None) for keyword in node.keywords):
                continue
            if any(isinstance(argument, ast.Starred) for argument in node.args):
                continue
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            yield place, number.value, len(node.args) - 1


def test_every_error_has_its_text_and_arguments() -> None:
    wrong = []
    for place, number, count in raised():
        template = MESSAGES.get(number)
        wanted = len(CONVERSION.findall(template)) if template else -1
        if wanted != count:
            wrong.append((place, number, template, count))
    assert wrong == []


def test_the_table_is_sorted() -> None:
    assert list(MESSAGES) == sorted(MESSAGES)
