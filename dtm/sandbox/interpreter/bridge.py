"""Objects and collections between PL/SQL and SQL: `Composite` there, values here."""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter.types import (
    CollectionType,
    ObjectType,
    PlType,
    RecordType,
    ora_type,
)
from dtm.sandbox.interpreter.values import Assoc, Instance, Record, Table
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import UserShape
from dtm.sandbox.kernel.types import Column, Composite, Kind, OraType

Value = Any
_NOWHERE = ("", "")


def to_sql(value: Value) -> Value:
    """A PL/SQL value as SQL takes it; scalars are what they are."""
    if isinstance(value, Instance):
        kind = value.type
        parts = tuple(to_sql(part) for part in value.fields)
        return Composite(Kind.OBJECT, (kind.owner, kind.name), parts)
    if isinstance(value, Record):
        return Composite(Kind.OBJECT, _NOWHERE, tuple(to_sql(part) for part in value.fields))
    if isinstance(value, Assoc | Table):
        user = user_of(value.type) or _NOWHERE
        return Composite(Kind.COLLECTION, user, tuple(to_sql(item) for item in value.items()))
    return value


def user_of(kind: PlType) -> tuple[str, str] | None:
    """Owner and name of a schema-level type."""
    if isinstance(kind, ObjectType):
        return kind.owner, kind.name
    if isinstance(kind, CollectionType) and kind.owner is not None:
        return kind.owner, kind.name
    return None


def from_sql(value: Value, target: PlType) -> Value:
    """A value of SQL as a value of a PL/SQL type; ORA-00932 when it is of another one."""
    if not isinstance(value, Composite):
        return value
    if isinstance(target, CollectionType) and value.kind is Kind.COLLECTION:
        items = [from_sql(item, target.element) for item in value.values]
        if target.how == "ASSOC":
            table = Assoc(target)
            table.data = dict(enumerate(items, 1))
            return table
        if target.limit is not None and len(items) > target.limit:
            raise OraError(22814)
        return Table(target, items)
    if isinstance(target, ObjectType) and value.kind is Kind.OBJECT:
        actual = _actual(target, value.user)
        parts = zip(value.values, actual.fields, strict=True)
        return Instance(actual, [from_sql(part, field.type) for part, field in parts])
    if isinstance(target, RecordType) and value.kind is Kind.OBJECT:
        fields = zip(value.values, target.fields, strict=True)
        return Record([from_sql(part, field.type) for part, field in fields])
    raise OraError(932, target.describe(), value.user[1] or value.kind.value)


def _actual(target: ObjectType, user: tuple[str, str]) -> ObjectType:
    """The type of an object: `target` or one of its subtypes."""
    if (target.owner, target.name) == user:
        return target
    for subtype in target.subtypes.values():
        try:
            return _actual(subtype, user)
        except OraError:
            continue
    raise OraError(932, target.name, user[1])


def sql_type(kind: PlType) -> OraType:
    """The SQL type of a PL/SQL type."""
    user = user_of(kind)
    if user is not None:
        return OraType(kind.kind, user=user)
    if isinstance(kind, RecordType):
        return OraType(Kind.OBJECT, user=_NOWHERE)
    return ora_type(kind)


def shape_of(kind: PlType) -> UserShape | None:
    """What SQL sees of a type."""
    if isinstance(kind, ObjectType):
        return UserShape(_columns(kind))
    if not isinstance(kind, CollectionType):
        return None
    element = kind.element
    if isinstance(element, ObjectType | RecordType):
        return UserShape(_columns(element), sql_type(element))
    sql = sql_type(element)
    return UserShape((Column("COLUMN_VALUE", sql),), sql)


def _columns(kind: ObjectType | RecordType) -> tuple[Column, ...]:
    return tuple(Column(field.name, sql_type(field.type)) for field in kind.fields)


def is_composite(column: OraType) -> bool:
    """Does SQL give such a value as a Composite?"""
    return column.kind in (Kind.OBJECT, Kind.COLLECTION)


def row_reader(row: RecordType) -> Any:
    """What turns a row of SQL into a record's values; None when nothing is to do."""
    composite = [
        i for i, f in enumerate(row.fields) if isinstance(f.type, CollectionType | ObjectType)
    ]
    if not composite:
        return None

    def read(values: Any) -> list[Value]:
        found = list(values)
        for index in composite:
            found[index] = from_sql(found[index], row.fields[index].type)
        return found

    return read
