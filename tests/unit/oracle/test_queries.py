"""Named SQL statements: the loader, and the rules every statement of this room keeps."""

from __future__ import annotations

from importlib.resources import files

import pytest

from dtm.model.queries import InvalidQueries, parse
from dtm.oracle.helper import helper_packages
from dtm.oracle.queries import load
from dtm.plsql.lexer import BIND, IDENT, lex
from dtm.plsql.outline import outline

FILES = sorted(
    file.name.removesuffix(".sql")
    for file in files("dtm.oracle.queries").iterdir()
    if file.name.endswith(".sql")
)


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
    assert "calls" in FILES
    for name in FILES:
        assert load(name)


# V$RESERVED_WORDS where RESERVED = 'Y' (SQL Language Reference 19c, "Oracle SQL Reserved Words");
# as a bind name each of them is ORA-01745.
RESERVED = frozenset(
    [
        "access",
        "add",
        "all",
        "alter",
        "and",
        "any",
        "as",
        "asc",
        "audit",
        "between",
        "by",
        "char",
        "check",
        "cluster",
        "column",
        "comment",
        "compress",
        "connect",
        "create",
        "current",
        "date",
        "decimal",
        "default",
        "delete",
        "desc",
        "distinct",
        "drop",
        "else",
        "exclusive",
        "exists",
        "file",
        "float",
        "for",
        "from",
        "grant",
        "group",
        "having",
        "identified",
        "immediate",
        "in",
        "increment",
        "index",
        "initial",
        "insert",
        "integer",
        "intersect",
        "into",
        "is",
        "level",
        "like",
        "lock",
        "long",
        "maxextents",
        "minus",
        "mlslabel",
        "mode",
        "modify",
        "noaudit",
        "nocompress",
        "not",
        "nowait",
        "null",
        "number",
        "of",
        "offline",
        "on",
        "online",
        "option",
        "or",
        "order",
        "pctfree",
        "prior",
        "public",
        "raw",
        "rename",
        "resource",
        "revoke",
        "row",
        "rowid",
        "rownum",
        "rows",
        "select",
        "session",
        "set",
        "share",
        "size",
        "smallint",
        "start",
        "successful",
        "synonym",
        "sysdate",
        "table",
        "then",
        "to",
        "trigger",
        "uid",
        "union",
        "unique",
        "update",
        "user",
        "validate",
        "values",
        "varchar",
        "varchar2",
        "view",
        "whenever",
        "where",
        "with",
    ]
)


def test_no_bind_has_a_reserved_name():
    for file in FILES:
        for name, sql in load(file).items():
            binds = {
                token.value.lower()
                for token in lex(sql.replace("{n}", "0")).tokens
                if token.kind == BIND
            }
            assert not binds & RESERVED, (file, name)


def test_the_helper_is_ascii_with_identifiers_of_30_bytes():
    for package in helper_packages():
        for unit in (*package.tables, *package.units):
            assert unit.text.isascii(), unit.file
            lexed = lex(unit.text)
            assert not lexed.problems
            names = [token.text for token in lexed.tokens if token.kind == IDENT]
            assert [name for name in names if len(name) > 30] == []


def test_every_unit_of_the_helper_is_well_formed():
    for package in helper_packages():
        for unit in package.units:
            assert not outline(unit.text).diagnostics, unit.file
