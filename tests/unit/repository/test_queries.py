"""Query files: named, described, loadable; SQL nowhere else in the room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dtm.repository
from dtm.repository.queries import load

ROOM = Path(dtm.repository.__file__).parent
QUERY_FILES = sorted((ROOM / "queries").glob("*.sql"))


@pytest.mark.parametrize("path", QUERY_FILES, ids=lambda path: path.name)
def test_every_query_is_one_statement_without_terminator(path):
    for name, sql in load(path.stem).items():
        if path.stem == "journal":  # a block and pieces of it
            assert sql.endswith(";"), name
            continue
        is_block = sql.startswith("BEGIN")
        assert sql.endswith("END;") if is_block else ";" not in sql, name
        assert not sql.endswith("/"), name


@pytest.mark.parametrize("path", sorted(ROOM.rglob("*.py")), ids=lambda path: path.name)
def test_no_python_file_of_the_room_holds_sql(path):
    verbs = ("SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "MERGE INTO")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not node.value.lstrip().startswith(verbs), node.value
