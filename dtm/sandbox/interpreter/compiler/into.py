"""INTO: rows into variables, records and collections.

PL/SQL Language Reference 19c, "SELECT INTO Statement", "BULK COLLECT Clause".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from dtm.sandbox.interpreter import bridge
from dtm.sandbox.interpreter.compiler.hosts import HostMixin
from dtm.sandbox.interpreter.convert import Convert, Mismatch, conversion_to
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.syntax.tree import Into, Pos
from dtm.sandbox.interpreter.types import CollectionType, PlType, RecordType, Scalar
from dtm.sandbox.interpreter.values import Assoc, Record, Table
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Column, OraType

Value = Any
Row = Sequence[Value]
Store = Callable[[Frame, Value], None]


class IntoTarget:
    """Where rows go. `types` are those of single values: variables, record fields, elements."""

    __slots__ = ("_cache", "collections", "record", "stores", "types")

    def __init__(self, types: list[PlType], stores: list[Store]) -> None:
        self.types = types
        self.stores = stores
        self.record: RecordType | None = None  # the single target is a record
        self.collections: list[CollectionType] = []
        self._cache: tuple[tuple[Column, ...], list[Convert | None]] | None = None

    def _converts(self, columns: tuple[Column, ...]) -> list[Convert | None]:
        cached = self._cache
        if cached is not None and cached[0] is columns:
            return cached[1]
        if len(columns) != len(self.types):
            raise OraError(1007)
        converts = [_column_conversion(c, t) for c, t in zip(columns, self.types, strict=True)]
        self._cache = (columns, converts)
        return converts

    def check(self, columns: tuple[Column, ...]) -> None:
        """ORA-01007 or ORA-00932 when rows of these columns do not fit."""
        self._converts(columns)

    def put_row(self, f: Frame, columns: tuple[Column, ...], row: Row) -> None:
        """Assign one row."""
        values = self._values(f, self._converts(columns), row)
        if self.record is not None:
            self.stores[0](f, Record(values))
            return
        for store, value in zip(self.stores, values, strict=True):
            store(f, value)

    @staticmethod
    def _values(f: Frame, converts: list[Convert | None], row: Row) -> list[Value]:
        env = f.rt.env
        return [
            value if convert is None else convert(env, value)
            for convert, value in zip(converts, row, strict=True)
        ]

    def put_rows(self, f: Frame, columns: tuple[Column, ...], rows: Sequence[Row]) -> None:
        """BULK COLLECT: the collections are emptied and filled from 1."""
        converts = self._converts(columns)
        converted = [self._values(f, converts, row) for row in rows]
        if self.record is not None:
            records = [Record(values) for values in converted]
            self.stores[0](f, _filled(self.collections[0], records))
            return
        for index, (store, kind) in enumerate(zip(self.stores, self.collections, strict=True)):
            store(f, _filled(kind, [values[index] for values in converted]))


def _filled(kind: CollectionType, values: list[Value]) -> Value:
    if kind.how == "ASSOC":
        table = Assoc(kind)
        table.data = dict(enumerate(values, 1))
        return table
    if kind.limit is not None and len(values) > kind.limit:
        raise OraError(
            22165,
            message=f"given index [{kind.limit + 1}] must be in the range of"
            f" [0] to [{kind.limit}]",
        )
    return Table(kind, values)


@lru_cache(maxsize=4096)
def _scalar_conversion(source: Scalar, target: Scalar) -> Convert | None:
    return conversion_to(source, target)


def _column_conversion(column: Column, target: PlType) -> Convert | None:
    if bridge.is_composite(column.type):
        return _composite_conversion(column.type, target)
    source = Scalar(column.type)
    try:
        if isinstance(target, Scalar):
            return _scalar_conversion(source, target)
        return conversion_to(source, target)
    except Mismatch:
        kind = target.kind.value
        raise OraError(932, kind, column.type.kind.value) from None


def _composite_conversion(column: OraType, target: PlType) -> Convert:
    """An object or collection of SQL; ORA-00932 when the variable is of another type."""
    if isinstance(target, Scalar):
        raise OraError(932, target.kind.value, "user type")
    expected = bridge.user_of(target)
    if isinstance(target, CollectionType) and column.user not in (expected, ("", "")):
        raise OraError(932, target.describe(), (column.user or ("", ""))[1])
    return lambda _env, value: bridge.from_sql(value, target)


class IntoMixin(HostMixin):
    """Compiles INTO lists."""

    def into_target(self, into: Into, columns: tuple[Column, ...] | None, pos: Pos) -> IntoTarget:
        """Compile an INTO list; with `columns` known, their number and types are checked."""
        places = [self.place(target) for target in into.targets]
        stores: list[Store] = []
        for place in places:
            assert place.store is not None  # noqa: S101
            stores.append(place.store)
        if into.bulk:
            target = self._bulk(into, places, stores)
        else:
            target = self._single(into, places, stores)
        if columns is not None:
            self._check(target, columns, pos)
        return target

    @staticmethod
    def _single(into: Into, places: list[Any], stores: list[Store]) -> IntoTarget:
        first = places[0].type
        if isinstance(first, RecordType):
            if len(places) > 1:
                raise pls(into.targets[0].pos, 494)
            target = IntoTarget([field.type for field in first.fields], stores)
            target.record = first
            return target
        for expr, place in zip(into.targets, places, strict=True):
            if isinstance(place.type, RecordType):
                raise pls(expr.pos, 494)
            if isinstance(place.type, CollectionType) and place.type.owner is None:
                raise pls(expr.pos, 642)
        return IntoTarget([place.type for place in places], stores)

    @staticmethod
    def _bulk(into: Into, places: list[Any], stores: list[Store]) -> IntoTarget:
        kinds: list[CollectionType] = []
        for expr, place in zip(into.targets, places, strict=True):
            if not isinstance(place.type, CollectionType):
                raise pls(expr.pos, 497)
            if place.type.index is not None and place.type.index.kind.value == "VARCHAR2":
                raise pls(expr.pos, 657)
            kinds.append(place.type)
        element = kinds[0].element
        if isinstance(element, RecordType) and len(kinds) == 1:
            target = IntoTarget([field.type for field in element.fields], stores)
            target.record = element
        else:
            target = IntoTarget([kind.element for kind in kinds], stores)
        target.collections = kinds
        return target

    @staticmethod
    def _check(target: IntoTarget, columns: tuple[Column, ...], pos: Pos) -> None:
        if len(target.types) != len(columns):
            number, text = (947, "not enough values")
            if len(columns) > len(target.types):
                number, text = (913, "too many values")
            raise CompileError(pos, f"PL/SQL: ORA-{number:05d}: {text}")
        for column, kind in zip(columns, target.types, strict=True):
            try:
                _column_conversion(column, kind)
            except OraError:
                raise pls(pos, 386, column.name) from None
