"""Objects of the dictionary as DDL, for DBMS_METADATA."""

from __future__ import annotations

from typing import Any

from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Constraint, Index, Sequence, Synonym, Table, View, quote

_LENGTH = frozenset({Kind.VARCHAR2, Kind.NVARCHAR2, Kind.CHAR, Kind.RAW})


def create(catalog: Catalog, found: Any, kind: str) -> str | None:
    """The CREATE statement of an object; None when it is of another kind."""
    if isinstance(found, Table) and kind == "TABLE":
        return table(catalog, found)
    if isinstance(found, View) and kind == "VIEW":
        columns = ", ".join(quote(column.name) for column in found.columns)
        return (
            f"CREATE OR REPLACE FORCE EDITIONABLE VIEW {_name(found)} ({columns}) AS \n"
            f"  {found.text}"
        )
    if isinstance(found, Sequence) and kind == "SEQUENCE":
        return _sequence(found)
    if isinstance(found, Index) and kind == "INDEX":
        return _index(found)
    if isinstance(found, Synonym) and kind == "SYNONYM":
        target = f"{quote(found.target_owner)}.{quote(found.target_name)}"
        return f"CREATE OR REPLACE EDITIONABLE SYNONYM {_name(found)} FOR {target}"
    return None


def _name(found: Any) -> str:
    return f"{quote(found.owner)}.{quote(found.name)}"


def data_type(ora: OraType) -> str:
    """A type as it is written."""
    if ora.kind in _LENGTH and ora.length is not None:
        unit = " CHAR" if ora.char_used and ora.kind is not Kind.NVARCHAR2 else ""
        return f"{ora.kind.value}({ora.length}{unit})"
    if ora.kind is Kind.NUMBER and ora.precision is not None:
        return f"NUMBER({ora.precision},{ora.scale or 0})"
    if ora.kind is Kind.NUMBER and ora.scale is not None:
        return f"NUMBER(*,{ora.scale})"
    if ora.kind in (Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ):
        return ora.kind.value.replace("TIMESTAMP", f"TIMESTAMP ({ora.precision or 6})", 1)
    if ora.kind is Kind.INTERVAL_DS:
        fraction = 6 if ora.scale is None else ora.scale
        return f"INTERVAL DAY ({ora.precision or 2}) TO SECOND ({fraction})"
    if ora.kind is Kind.INTERVAL_YM:
        return f"INTERVAL YEAR ({ora.precision or 2}) TO MONTH"
    return ora.kind.value


def table(catalog: Catalog, found: Table) -> str:
    """CREATE TABLE with its columns and constraints; partitions and physical clauses apart."""
    del catalog
    lines: list[str] = []
    for column in found.columns:
        if column.unused:
            continue
        line = f"{quote(column.name)} {data_type(column.type)}"
        if column.virtual is not None:
            line += f" GENERATED ALWAYS AS ({column.virtual}) VIRTUAL"
        elif column.identity is not None:
            line += f" GENERATED {column.identity.generation} AS IDENTITY"
        elif column.default is not None:
            line += f" DEFAULT {column.default}"
        if not column.nullable and not _in_key(found, column.name):
            line += " NOT NULL ENABLE"
        lines.append(line)
    lines += [text for each in found.constraints if (text := _constraint(each)) is not None]
    kind = "GLOBAL TEMPORARY TABLE" if found.temporary else "TABLE"
    body = ", \n\t".join(lines)
    end = f" ON COMMIT {found.temporary} ROWS" if found.temporary else ""
    return f"CREATE {kind} {_name(found)} \n   (\t{body}\n   ) {end}".rstrip()


def _in_key(found: Table, column: str) -> bool:
    key = found.primary_key
    return key is not None and column in key.columns


def _constraint(found: Constraint) -> str | None:
    name = "" if found.generated else f"CONSTRAINT {quote(found.name)} "
    columns = ", ".join(quote(column) for column in found.columns)
    state = "ENABLE" if found.enabled else "DISABLE"
    if found.type == "P":
        return f"{name}PRIMARY KEY ({columns}) {state}"
    if found.type == "U":
        return f"{name}UNIQUE ({columns}) {state}"
    if found.type == "C" and found.condition is not None and not found.not_null:
        return f"{name}CHECK ({found.condition}) {state}"
    if found.type == "R" and found.references is not None:
        owner, parent, *_ = found.references
        return f"{name}FOREIGN KEY ({columns}) REFERENCES {quote(owner)}.{quote(parent)} {state}"
    return None


def _sequence(found: Sequence) -> str:
    cache = f"CACHE {found.cache}" if found.cache else "NOCACHE"
    order = "ORDER" if found.ordered else "NOORDER"
    cycle = "CYCLE" if found.cycle else "NOCYCLE"
    return (
        f"CREATE SEQUENCE {_name(found)} MINVALUE {found.minimum} MAXVALUE {found.maximum}"
        f" INCREMENT BY {found.increment} START WITH {found.next_value} {cache} {order} {cycle}"
    )


def _index(found: Index) -> str:
    unique = "UNIQUE " if found.unique else "BITMAP " if found.bitmap else ""
    parts = [
        (quote(part.name) if part.name else part.expression or "")
        + (" DESC" if part.descending else "")
        for part in found.columns
    ]
    owner, name = found.table
    on = f"{quote(owner)}.{quote(name)}"
    return f"CREATE {unique}INDEX {_name(found)} ON {on} ({', '.join(parts)})"
