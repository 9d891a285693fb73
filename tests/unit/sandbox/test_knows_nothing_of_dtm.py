"""The sandbox stands in for Oracle, not for what dtm installs in it: it knows none of dtm's names."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from dtm.plsql.outline import outline

ROOT = Path(__file__).resolve().parents[3]
SANDBOX = ROOT / "dtm" / "sandbox"
SCRIPTS = (
    *(ROOT / "dtm" / "oracle" / "client").glob("*.*"),
    *(ROOT / "dtm" / "repository" / "migrations").glob("*.sql"),
    *(ROOT / "operations").rglob("*.*"),
)
CREATED = re.compile(
    r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:UNIQUE\s+|GLOBAL\s+TEMPORARY\s+)?"
    r"(?:TABLE|VIEW|INDEX|SEQUENCE|PACKAGE(?:\s+BODY)?|PROCEDURE|FUNCTION|TRIGGER)\s+"
    r'"?([A-Z]\w*)',
    re.IGNORECASE,
)
LOCK_NAME = re.compile(r"'(DTM[.:_$\w]*)'", re.IGNORECASE)
# Where the word dtm is allowed: the sandbox's own modules and the prefix of its refusals.
ALLOWED = re.compile(r"\bdtm\.(?:sandbox|plsql)\b|\bDTM-SBX\b")


def names() -> set[str]:
    """Tables, views, packages, operations, their directories, lock names; upper case."""
    found = {"DTM", "DOM"}
    for path in SCRIPTS:
        if path.suffix not in {".sql", ".pks", ".pkb"}:
            continue
        text = path.read_text(encoding="utf-8")
        found.update(CREATED.findall(text))
        found.update(LOCK_NAME.findall(text))
        found.update(unit.name for unit in outline(text).units if unit.name)
    for directory in (p for p in (ROOT / "operations").iterdir() if p.is_dir()):
        found.update((directory.name, directory.name.replace("-", "_")))
    return {name.upper() for name in found}


def words(path: Path) -> Iterator[tuple[int, str]]:
    """Identifiers and strings (docstrings too) of a module: (line, text)."""
    kinds = {tokenize.NAME, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    text = ALLOWED.sub("", path.read_text(encoding="utf-8"))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in kinds:
            yield token.start[0], token.string


def occurrences(path: Path, pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.name}:{line}: {m.group()}" for line, w in words(path) for m in pattern.finditer(w)
    ]


@pytest.fixture(scope="module")
def pattern() -> re.Pattern[str]:
    """Any of the names as a whole word, and whatever begins as dtm's tables and locks do."""
    every = "|".join(re.escape(name) for name in sorted(names(), key=len, reverse=True))
    return re.compile(rf"(?<![\w$#])(?:DTM[_$:]\w*|(?:{every})(?![\w$#]))", re.IGNORECASE)


def test_the_names_are_found():
    known = names()
    assert {"DTM_RUNS", "DTM_RESOURCES", "DTM_MARKERS", "PURGE_ORDERS", "ROLL-PARTITIONS"} <= known
    assert len(known) > 40


def test_no_name_of_dtm_occurs_in_the_sandbox(pattern: re.Pattern[str]):
    modules = sorted(SANDBOX.rglob("*.py"))
    assert len(modules) > 150
    assert [hit for path in modules for hit in occurrences(path, pattern)] == []


def test_the_search_would_find_one(pattern: re.Pattern[str], tmp_path: Path):
    module = tmp_path / "m.py"
    module.write_text(
        "import dtm.sandbox\nx = 'DTM-SBX-1 select from dtm_markers'\npurge_orders = 1\n"
    )
    assert occurrences(module, pattern) == ["m.py:2: dtm_markers", "m.py:3: purge_orders"]
