"""State tables: created when missing, missing columns added, anything else only reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dtm.errors import UsageError
from dtm.model.database import Row, Session
from dtm.model.names import quote
from dtm.model.package import SourceUnit
from dtm.oracle.queries import load
from dtm.oracle.sources import split_statements
from dtm.plsql.lexer import IDENT, NUMBER, QUOTED, Token, lex

# First words of what stands between the commas of CREATE TABLE (...) and is no column.
_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "SUPPLEMENTAL"})
_SYNONYMS = {
    "VARCHAR": "VARCHAR2",
    "INTEGER": "NUMBER",
    "INT": "NUMBER",
    "SMALLINT": "NUMBER",
    "NUMERIC": "NUMBER",
    "DECIMAL": "NUMBER",
    "DEC": "NUMBER",
}
_INTEGERS = frozenset({"INTEGER", "INT", "SMALLINT"})
_NOT_NULL = frozenset({("NOT", "NULL"), ("PRIMARY", "KEY"), ("AS", "IDENTITY")})
_SIZED = frozenset({"VARCHAR2", "CHAR", "RAW", "NVARCHAR2", "NCHAR"})


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """One column of a CREATE TABLE text. `type` as USER_TAB_COLUMNS.DATA_TYPE shows it."""

    name: str
    text: str  # as written, to go into ALTER TABLE ... ADD
    type: str
    size: tuple[int, ...]
    not_null: bool


@dataclass(frozen=True, slots=True)
class TableText:
    """A file with one CREATE TABLE and statements about it (comments, indexes)."""

    name: str
    create: str
    rest: tuple[str, ...]
    columns: tuple[ColumnDefinition, ...]


@dataclass(frozen=True, slots=True)
class TableResult:
    """What was done to a table. `differences`: sentences for a person; nothing was altered."""

    name: str
    created: bool = False
    added: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """DDL was sent."""
        return self.created or bool(self.added)


def read_table(text: str, file: str) -> TableText:
    """Read a state table's file; raises UsageError when it is not a CREATE TABLE with columns."""
    statements = split_statements(text)
    if not statements:
        raise UsageError(f"{file}: no statement")
    create, *rest = statements
    tokens = lex(create).tokens
    words = [token.value for token in tokens[:4]]
    if words[:1] != ["CREATE"] or "TABLE" not in words:
        raise UsageError(f"{file}: the first statement must be CREATE TABLE")
    start = words.index("TABLE") + 1
    name_token = tokens[start] if start < len(tokens) else None
    owner_token = None
    if start + 2 < len(tokens) and tokens[start + 1].text == ".":
        owner_token, name_token = tokens[start], tokens[start + 2]
    if name_token is None or name_token.kind not in (IDENT, QUOTED):
        raise UsageError(f"{file}: the table has no name")
    if owner_token is not None:
        create = create[: owner_token.offset] + create[name_token.offset :]
    opening = next((t for t in tokens if t.text == "(" and t.offset > name_token.offset), None)
    members = list(_members(tokens, opening)) if opening else []
    columns = tuple(_columns(statements[0], members))
    if not columns:
        raise UsageError(f"{file}: CREATE TABLE {name_token.value} lists no columns")
    return TableText(name_token.value, create, tuple(rest), columns)


def compare_tables(session: Session, units: Sequence[SourceUnit]) -> dict[str, TableResult]:
    """Return by table name what `ensure_table` would do; one round trip, changes nothing."""
    tables = [read_table(unit.text, unit.file) for unit in units]
    live = _live_columns(session, [table.name for table in tables])
    return {table.name: _compare(table, live.get(table.name, {})) for table in tables}


def ensure_table(session: Session, unit: SourceUnit) -> TableResult:
    """Create the table, or add the columns it lacks; report whatever else differs."""
    table = read_table(unit.text, unit.file)
    result = compare_tables(session, [unit])[table.name]
    if result.created:
        for statement in (table.create, *table.rest):
            session.execute(statement)
    elif result.added:
        for column in table.columns:
            if column.name in result.added:
                session.execute(f"ALTER TABLE {quote(table.name)} ADD ({column.text})")
        for statement in table.rest:
            if statement.upper().startswith("COMMENT"):
                session.execute(statement)
    return result


def _compare(table: TableText, live: Mapping[str, Row]) -> TableResult:
    if not live:
        return TableResult(table.name, created=True)
    missing = tuple(column.name for column in table.columns if column.name not in live)
    return TableResult(table.name, added=missing, differences=tuple(_differences(table, live)))


def _live_columns(session: Session, names: Sequence[str]) -> dict[str, dict[str, Row]]:
    """Return {table: {column: row}} of the tables that exist."""
    if not names:
        return {}
    binds = {f"table{number}": name for number, name in enumerate(names)}
    sql = load("install")["columns"].replace("{names}", ", ".join(f":{bind}" for bind in binds))
    found: dict[str, dict[str, Row]] = {}
    for table, *row in session.query(sql, binds):
        found.setdefault(table, {})[row[0]] = tuple(row)
    return found


def _differences(table: TableText, live: Mapping[str, Row]) -> Iterator[str]:
    wanted = {column.name: column for column in table.columns}
    for name, row in live.items():
        column = wanted.get(name)
        if column is None:
            yield f"column {name} exists but is not in the source"
            continue
        shown = _shown(row)
        if column.type and _comparable(column) != shown:
            yield f"column {name} is {shown}, the source says {_comparable(column)}"
        if column.not_null != (row[5] == "N"):
            yield f"column {name} is {'NOT NULL' if row[5] == 'N' else 'nullable'}, the source says otherwise"


def _shown(row: Row) -> str:
    _name, data_type, length, precision, scale, _nullable, _char_used, char_length = row
    if data_type in _SIZED:
        return f"{data_type}({char_length or length})"
    if data_type == "NUMBER":
        if precision is None:
            return "NUMBER" if scale is None else "NUMBER(38,0)"
        return f"NUMBER({precision},{scale or 0})"
    return str(data_type).partition("(")[0]


def _comparable(column: ColumnDefinition) -> str:
    if column.type in _SIZED:
        return f"{column.type}({column.size[0] if column.size else 1})"
    if column.type == "NUMBER" and column.size:
        scale = column.size[1] if len(column.size) > 1 else 0
        return f"NUMBER({column.size[0]},{scale})"
    return column.type


def _members(tokens: list[Token], opening: Token) -> Iterator[list[Token]]:
    """Yield the token lists between the commas of the parenthesis that `opening` begins."""
    depth = 0
    member: list[Token] = []
    for token in tokens[tokens.index(opening) :]:
        if token.text == "(":
            depth += 1
            if depth == 1:
                continue
        elif token.text == ")":
            depth -= 1
            if depth == 0:
                break
        if token.text == "," and depth == 1:
            yield member
            member = []
        else:
            member.append(token)
    if member:
        yield member


def _columns(text: str, members: list[list[Token]]) -> Iterator[ColumnDefinition]:
    primary_key = {name for member in members for name in _primary_key(member)}
    for member in members:
        if member and not _is_constraint(member):
            yield _column(text, member, primary_key)


def _is_constraint(member: list[Token]) -> bool:
    return member[0].kind == IDENT and member[0].value in _CONSTRAINTS


def _primary_key(member: list[Token]) -> list[str]:
    """Return the columns of an out-of-line PRIMARY KEY (they are NOT NULL), else nothing."""
    words = [token.value for token in member]
    if not _is_constraint(member) or "PRIMARY" not in words:
        return []
    behind = member[words.index("PRIMARY") + 2 :]
    return [token.value for token in behind if token.kind in (IDENT, QUOTED)]


def _column(text: str, member: list[Token], primary_key: set[str]) -> ColumnDefinition:
    name, *rest = member
    words = [token.value if token.kind == IDENT else token.text for token in rest]
    data_type = words[0] if words else ""
    not_null = any(pair in _NOT_NULL for pair in pairwise(words)) or name.value in primary_key
    size: tuple[int, ...] = ()
    if len(rest) > 1 and rest[1].text == "(":
        closing = words.index(")")
        size = tuple(
            int(t.value) for t in rest[2:closing] if t.kind == NUMBER and t.value.isdigit()
        )
    if data_type in _INTEGERS:
        size = (38, 0)
    definition = text[name.offset : member[-1].end]
    shown_type = _SYNONYMS.get(data_type, data_type)
    return ColumnDefinition(name.value, definition, shown_type, size, not_null)
