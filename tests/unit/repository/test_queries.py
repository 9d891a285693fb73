"""Query files: named, described, loadable; SQL nowhere else in the room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dtm.repository
from dtm.repository.queries import QueryFileError, load, parse

ROOM = Path(dtm.repository.__file__).parent
QUERY_FILES = sorted((ROOM / "queries").glob("*.sql"))


def test_a_query_is_found_by_name_without_its_description():
    text = "-- about the file\n\n-- name: one\n-- Says one.\nSELECT 1\n  FROM DUAL\n\n-- name: two\n-- Two.\nSELECT 2 FROM DUAL\n"
    assert parse(text, "x.sql") == {
        "one": "SELECT 1\n  FROM DUAL",
        "two": "SELECT 2 FROM DUAL",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1\n", "text before the first"),
        ("-- name: One\n-- d\nSELECT 1\n", "not a query name"),
        ("-- name: one\nSELECT 1\n", "needs a description"),
        ("-- name: one\n-- only words\n", "needs a description and a statement"),
        ("-- name: one\n-- d\nSELECT 1\n-- name: one\n-- d\nSELECT 2\n", "two queries"),
    ],
)
def test_a_malformed_file_is_refused(text, message):
    with pytest.raises(QueryFileError, match=message):
        parse(text, "x.sql")


@pytest.mark.parametrize("path", QUERY_FILES, ids=lambda path: path.name)
def test_every_query_is_one_statement_without_terminator(path):
    for name, sql in load(path.stem).items():
        is_block = sql.startswith("BEGIN")
        assert sql.endswith("END;") if is_block else ";" not in sql, name
        assert not sql.endswith("/"), name


@pytest.mark.parametrize("path", sorted(ROOM.rglob("*.py")), ids=lambda path: path.name)
def test_no_python_file_of_the_room_holds_sql(path):
    verbs = ("SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "MERGE INTO")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not node.value.lstrip().startswith(verbs), node.value
