"""Named SQL statements: the loader, and the rules every statement of this room keeps."""

from __future__ import annotations

from importlib.resources import files

import pytest

from dtm.model.queries import InvalidQueries, parse
from dtm.oracle.queries import load

FILES = ("calls", "control", "identity", "install", "locks", "session")


def test_blocks():
    text = "-- head\n\n-- name: one\n-- What it is.\nSELECT 1\n  FROM dual\n\n-- name: two\n-- Else.\nCOMMIT\n"
    assert parse(text, "x.sql") == {"one": "SELECT 1\n  FROM dual", "two": "COMMIT"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- name: one\nSELECT 1", "description"),
        ("-- name: one\n--\nSELECT 1", "description"),
        ("-- name: one\n-- d", "statement is missing"),
        ("-- name: One\n-- d\nSELECT 1", "lower_snake"),
        ("-- name: a\n-- d\nSELECT 1\n-- name: a\n-- d\nSELECT 2", "twice"),
        ("SELECT 1", "before the first"),
    ],
)
def test_malformed_files_are_refused(text, message):
    with pytest.raises(InvalidQueries, match=message):
        parse(text, "x.sql")


def test_every_file_of_the_room_loads():
    present = {file.name for file in files("dtm.oracle.queries").iterdir()}
    assert {f"{name}.sql" for name in FILES} == {n for n in present if n.endswith(".sql")}
    for name in FILES:
        assert load(name)
