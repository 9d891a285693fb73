"""Migration scripts: splitting, numbering, and what every table of ours must have."""

from __future__ import annotations

import re

import pytest

from dtm.repository.migrations import bundled, parse, split

TABLE = re.compile(r"^CREATE TABLE (\w+) \((.*)\)$", re.DOTALL)
COLUMN = re.compile(r"^  (\w+) +(?!PRIMARY|CHECK|FOREIGN)", re.MULTILINE)
VIEW = re.compile(r"^CREATE OR REPLACE VIEW (\w+)")
ON_TABLE = re.compile(r"^COMMENT ON TABLE (\w+) IS '.+'$", re.DOTALL)
ON_COLUMN = re.compile(r"^COMMENT ON COLUMN (\w+\.\w+) IS '.+'$", re.DOTALL)


def statements() -> list[str]:
    return [text for migration in bundled() for text in migration.statements]


def tables() -> dict[str, list[str]]:
    found = {}
    for text in statements():
        if match := TABLE.match(text):
            names = COLUMN.findall(match[2])
            found[match[1]] = [name for name in names if name != "CONSTRAINT"]
    return found


def test_split_at_lines_of_one_slash_and_drop_leading_comments():
    text = "-- about\nCREATE TABLE A (\n  B NUMBER\n)\n/\n\n-- why\nBEGIN\n  -- inside\n  X := 1 / 2;\nEND;\n/\n"
    assert split(text) == (
        "CREATE TABLE A (\n  B NUMBER\n)",
        "BEGIN\n  -- inside\n  X := 1 / 2;\nEND;",
    )


def test_a_script_must_be_numbered():
    with pytest.raises(ValueError, match="NNNN_name"):
        parse("tables.sql", "")


def test_bundled_scripts_count_from_the_bootstrap():
    assert [migration.version for migration in bundled()] == list(range(len(bundled())))


def test_every_table_and_column_has_a_comment():
    on_tables = {m[1] for text in statements() if (m := ON_TABLE.match(text))}
    on_columns = {m[1] for text in statements() if (m := ON_COLUMN.match(text))}
    found = tables()
    assert len(found) > 15
    assert set(found) <= on_tables
    assert {f"{table}.{column}" for table, columns in found.items() for column in columns} <= (
        on_columns
    )


def test_every_view_has_a_comment():
    views = {m[1] for text in statements() if (m := VIEW.match(text))}
    commented = {m[1] for text in statements() if (m := ON_TABLE.match(text))}
    assert views
    assert views <= commented


def test_identifiers_fit_into_30_bytes():
    for text in statements():
        code = re.sub(r"'[^']*'", "''", text)
        for word in re.findall(r"[A-Za-z_$#][\w$#]*", code):
            assert len(word) <= 30, f"{word} in {text.splitlines()[0]}"
