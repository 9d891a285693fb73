"""Run-time values of composite types: records, collections, cursors.

PL/SQL Language Reference 19c, "PL/SQL Collections and Records"; the exceptions are those of its
table "Predefined Exceptions".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from typing import Any

from dtm.sandbox.interpreter.types import CollectionType, ObjectType
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Column

Value = Any
_DELETED = object()


class Record:
    """Field values by position."""

    __slots__ = ("fields",)

    def __init__(self, fields: list[Value]) -> None:
        self.fields = fields

    def copy(self) -> Record:
        return Record([copy_value(value) for value in self.fields])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.fields == other.fields

    __hash__ = None  # type: ignore[assignment]


class Instance(Record):
    """An object: attribute values by position, and the type it was made with."""

    __slots__ = ("type",)

    def __init__(self, object_type: ObjectType, fields: list[Value]) -> None:
        super().__init__(fields)
        self.type = object_type

    def copy(self) -> Instance:
        return Instance(self.type, [copy_value(value) for value in self.fields])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Instance)
            and self.type.same(other.type)
            and (self.fields == other.fields)
        )

    __hash__ = None


class Collection:
    """What the three kinds share. Keys are int or str; methods are PL/SQL's, in lower case."""

    __slots__ = ("type",)

    def __init__(self, collection_type: CollectionType) -> None:
        self.type = collection_type

    def get(self, key: Value) -> Value:
        """The element; ORA-01403, ORA-06533 or ORA-06532 when there is none."""
        raise NotImplementedError

    def put(self, key: Value, value: Value) -> None:
        raise NotImplementedError

    def keys(self) -> Iterator[Value]:
        """Keys of existing elements in order."""
        raise NotImplementedError

    def items(self) -> Iterator[Value]:
        """Existing elements in order of their keys."""
        return (self.get(key) for key in self.keys())


class Assoc(Collection):
    """Associative array: a dict, its keys sorted when an order is asked for."""

    __slots__ = ("_sorted", "data")

    def __init__(self, collection_type: CollectionType) -> None:
        super().__init__(collection_type)
        self.data: dict[Value, Value] = {}
        self._sorted: list[Value] | None = None

    def get(self, key: Value) -> Value:
        try:
            return self.data[key]
        except KeyError:
            if key is None:
                raise OraError(6502, ": NULL index table key value") from None
            raise OraError(1403) from None

    def put(self, key: Value, value: Value) -> None:
        if key is None:
            raise OraError(6502, ": NULL index table key value")
        data = self.data
        if key not in data and self._sorted is not None:
            if not self._sorted or key > self._sorted[-1]:
                self._sorted.append(key)
            else:
                insort(self._sorted, key)
        data[key] = value

    def _order(self) -> list[Value]:
        if self._sorted is None:
            self._sorted = sorted(self.data)
        return self._sorted

    def keys(self) -> Iterator[Value]:
        return iter(list(self._order()))

    def copy(self) -> Assoc:
        new = Assoc(self.type)
        new.data = {key: copy_value(value) for key, value in self.data.items()}
        return new

    def exists(self, key: Value) -> bool:
        return key in self.data

    def count(self) -> int:
        return len(self.data)

    def first(self) -> Value:
        order = self._order()
        return order[0] if order else None

    def last(self) -> Value:
        order = self._order()
        return order[-1] if order else None

    def next(self, key: Value) -> Value:
        order = self._order()
        index = bisect_right(order, key)
        return order[index] if index < len(order) else None

    def prior(self, key: Value) -> Value:
        order = self._order()
        index = bisect_left(order, key)
        return order[index - 1] if index else None

    def delete(self, *keys: Value) -> None:
        if not keys:
            self.data = {}
            self._sorted = []
        elif len(keys) == 1:
            if keys[0] in self.data:
                del self.data[keys[0]]
                self._drop(keys[0])
        elif None not in keys:
            for key in [k for k in self._order() if keys[0] <= k <= keys[1]]:
                del self.data[key]
            self._sorted = None

    def _drop(self, key: Value) -> None:
        order = self._sorted
        if order is not None:
            del order[bisect_left(order, key)]


class Table(Collection):
    """Nested table or VARRAY: positions 1 .. n; a nested table may have holes."""

    __slots__ = ("cells",)

    def __init__(self, collection_type: CollectionType, cells: list[Value] | None = None) -> None:
        super().__init__(collection_type)
        self.cells: list[Value] = [] if cells is None else cells

    def _position(self, key: Value) -> int:
        if key is None:
            raise OraError(6502, ": NULL index table key value")
        if 1 <= key <= len(self.cells):
            return int(key)
        if key < 1 or (self.type.limit is not None and key > self.type.limit):
            raise OraError(6532)
        raise OraError(6533)

    def get(self, key: Value) -> Value:
        value = self.cells[self._position(key) - 1]
        if value is _DELETED:
            raise OraError(1403)
        return value

    def put(self, key: Value, value: Value) -> None:
        self.cells[self._position(key) - 1] = value

    def keys(self) -> Iterator[Value]:
        return iter([i for i, v in enumerate(self.cells, 1) if v is not _DELETED])

    def copy(self) -> Table:
        return Table(self.type, [copy_value(value) for value in self.cells])

    def exists(self, key: Value) -> bool:
        if not isinstance(key, int):
            return False
        return 1 <= key <= len(self.cells) and self.cells[key - 1] is not _DELETED

    def count(self) -> int:
        return sum(1 for value in self.cells if value is not _DELETED)

    def first(self) -> Value:
        return next(self.keys(), None)

    def last(self) -> Value:
        for index in range(len(self.cells), 0, -1):
            if self.cells[index - 1] is not _DELETED:
                return index
        return None

    def next(self, key: Value) -> Value:
        for index in range(max(key, 0), len(self.cells)):
            if self.cells[index] is not _DELETED:
                return index + 1
        return None

    def prior(self, key: Value) -> Value:
        for index in range(min(key - 1, len(self.cells)), 0, -1):
            if self.cells[index - 1] is not _DELETED:
                return index
        return None

    def extend(self, empty: Value, count: int, source: Value = None) -> None:
        """EXTEND, EXTEND(n), EXTEND(n, i). `empty` is the value of a new element."""
        limit = self.type.limit
        if limit is not None and len(self.cells) + count > limit:
            raise OraError(6532)
        value = empty if source is None else self.get(source)
        self.cells.extend(copy_value(value) for _ in range(count))

    def trim(self, count: int) -> None:
        if count > len(self.cells):
            raise OraError(6533)
        if count > 0:
            del self.cells[-count:]

    def delete(self, *keys: Value) -> None:
        if not keys:
            self.cells = []
            return
        low, high = keys[0], keys[-1]
        if low is None or high is None:
            return
        for index in range(max(low, 1), min(high, len(self.cells)) + 1):
            self.cells[index - 1] = _DELETED


class Cursor:
    """An explicit cursor or the object a REF CURSOR variable refers to; implements
    kernel.ports.OpenCursor. Rows are materialised when it opens."""

    __slots__ = ("columns", "found", "is_open", "position", "rowids", "rows")

    def __init__(self) -> None:
        self.columns: tuple[Column, ...] = ()
        self.rows: Sequence[tuple[Value, ...]] = ()
        self.rowids: Sequence[str] | None = None  # of a FOR UPDATE cursor
        self.position = 0
        self.found: bool | None = None
        self.is_open = False

    def open(self, columns: tuple[Column, ...], rows: Sequence[tuple[Value, ...]]) -> None:
        """Start anew with these rows."""
        self.columns = columns
        self.rows = rows
        self.position = 0
        self.found = None
        self.is_open = True

    def fetch_row(self) -> tuple[Value, ...] | None:
        """The next row; ORA-01001 when closed."""
        if not self.is_open:
            raise OraError(1001)
        if self.position < len(self.rows):
            row = self.rows[self.position]
            self.position += 1
            self.found = True
            return row
        self.found = False
        return None

    def fetch(self, count: int) -> Sequence[tuple[Value, ...]]:
        """Up to `count` rows."""
        if not self.is_open:
            raise OraError(1001)
        rows = self.rows[self.position : self.position + count]
        self.position += len(rows)
        return rows

    def close(self) -> None:
        """ORA-01001 when it is not open."""
        if not self.is_open:
            raise OraError(1001)
        self.is_open = False
        self.rows = ()


def copy_value(value: Value) -> Value:
    """The value itself, or a deep copy of a record or collection."""
    if isinstance(value, Record | Assoc | Table):
        return value.copy()
    return value
