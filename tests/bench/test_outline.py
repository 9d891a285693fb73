"""PL/SQL outline: lines per second, against the least a parser does - reading every character."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from dtm.plsql.outline import outline

pytestmark = pytest.mark.bench

SOURCES = Path(__file__).parents[2]
LINES = 50_000
WORDS = re.compile(r"\w+|\s+|.")


def test_outline() -> None:
    files = [*SOURCES.glob("dtm/oracle/client/*.pk?"), *SOURCES.glob("operations/*/*.pk?")]
    texts = [path.read_text(encoding="utf-8") for path in files]
    lines = sum(text.count("\n") for text in texts)
    rounds = LINES // lines + 1
    started = time.perf_counter()
    for text in texts * rounds:
        WORDS.findall(text)
    least = time.perf_counter() - started
    started = time.perf_counter()
    for text in texts * rounds:
        assert outline(text).units
    taken = time.perf_counter() - started
    total = lines * rounds
    print(
        f"\noutline: {total / taken:,.0f} lines/s (wanted: 50,000); splitting into words alone "
        f"{total / least:,.0f} lines/s, {taken / least:.1f} x floor"
    )
