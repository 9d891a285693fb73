"""P12: no decision uses the runner's wall clock; UTC everywhere."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dtm

ROOT = Path(dtm.__file__).parent
ROOMS = ("model", "repository", "runner", "reconcile", "oracle")
FORBIDDEN = {
    ("time", "time"),
    ("time", "localtime"),
    ("time", "ctime"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
}


def wall_clock_calls(source: str) -> list[int]:
    """Lines that mention a wall clock."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (getattr(node.value, "id", getattr(node.value, "attr", "")), node.attr) in FORBIDDEN
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_asks_the_wall_clock(room: str) -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sorted((ROOT / room).rglob("*.py"))
        if (lines := wall_clock_calls(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    ["import datetime as dt\nx = dt.datetime.now()", "import time\nx = time.time()"],
)
def test_the_check_would_see_one(source: str) -> None:
    assert wall_clock_calls(source) == [2]
