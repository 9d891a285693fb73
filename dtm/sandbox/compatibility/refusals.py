"""What is refused with DTM-SBX-nnn, read from the calls that refuse it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent
_NAMES = frozenset({"Unsupported", "unsupported", "refusal"})
_AREAS = (
    ("sql/ddl", "DDL"),
    ("sql/partitions", "DDL"),
    ("sql/transactions", "Transactions"),
    ("sql/functions", "SQL functions"),
    ("sql/", "SQL"),
    ("interpreter/", "PL/SQL"),
    ("wire/", "Protocol"),
)
_GAP = "..."


@dataclass(frozen=True, order=True, slots=True)
class Refusal:
    """One construct; `construct` has ... where the message names what was met."""

    number: int
    construct: str
    area: str


def refusals() -> tuple[Refusal, ...]:
    """Every construct the sandbox's sources refuse, by number."""
    found: set[Refusal] = set()
    for path in SOURCES.rglob("*.py"):
        place = path.relative_to(SOURCES).as_posix()
        area = next((area for prefix, area in _AREAS if place.startswith(prefix)), None)
        if area is not None:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found.update(Refusal(number, text, area) for number, text in _calls(tree))
    return tuple(sorted(found))


def _calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    tables = _tables(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _called(node.func) not in _NAMES:
            continue
        for number, construct in zip(node.args, node.args[1:], strict=False):
            if isinstance(number, ast.Constant) and isinstance(number.value, int):
                yield from ((number.value, text) for text in _texts(construct, tables))
                break
            if isinstance(number, ast.Subscript):
                for word, value in _table(number, tables).items():
                    yield int(str(value)), _filled(construct, word)
                break


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _tables(tree: ast.Module) -> dict[str, dict[str, object]]:
    """The module's constant dictionaries."""
    found: dict[str, dict[str, object]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            try:
                value = ast.literal_eval(node.value)
            except ValueError:  # not all constants
                continue
            found.update((t.id, value) for t in node.targets if isinstance(t, ast.Name))
    return found


def _table(node: ast.Subscript, tables: dict[str, dict[str, object]]) -> dict[str, object]:
    return tables.get(node.value.id, {}) if isinstance(node.value, ast.Name) else {}


def _texts(node: ast.expr, tables: dict[str, dict[str, object]]) -> list[str]:
    if isinstance(node, ast.Subscript):
        return [str(value) for value in _table(node, tables).values()] or [_GAP]
    if isinstance(node, ast.IfExp):
        return _texts(node.body, tables) + _texts(node.orelse, tables)
    return [_filled(node, _GAP)]


def _filled(node: ast.expr, word: str) -> str:
    """The text of a literal or an f-string, `word` in the places of its values."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_filled(part, word) for part in node.values)
    return word
