"""Collection constructors and methods; qualified expressions of records.

PL/SQL Language Reference 19c, "PL/SQL Collections and Records": "Collection Constructors",
"Collection Methods", "Record Variables".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter.compiler.standard import StandardMixin
from dtm.sandbox.interpreter.compiler.symbols import Code, Place, Run
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Args, Ident, Pos, Ref
from dtm.sandbox.interpreter.types import (
    BOOLEAN,
    NULL,
    PLS_INTEGER,
    CollectionType,
    ObjectType,
    PlType,
    RecordType,
)
from dtm.sandbox.interpreter.values import Assoc, Record, Table
from dtm.sandbox.kernel.errors import OraError

Value = Any
_PROCEDURES = ("DELETE", "EXTEND", "TRIM")
_COUNTS: dict[str, tuple[int, int]] = {
    "COUNT": (0, 0),
    "FIRST": (0, 0),
    "LAST": (0, 0),
    "LIMIT": (0, 0),
    "NEXT": (1, 1),
    "PRIOR": (1, 1),
    "EXISTS": (1, 1),
    "DELETE": (0, 2),
    "EXTEND": (0, 2),
    "TRIM": (0, 1),
}


class CollectionMixin(StandardMixin):
    """Compiles what collections bring."""

    def construct(self, pl_type: PlType, args: Args, pos: Pos) -> Code:
        if isinstance(pl_type, RecordType):
            return self._construct_record(pl_type, args, pos)
        if isinstance(pl_type, ObjectType):
            return self.construct_object(pl_type, args, pos)
        if not isinstance(pl_type, CollectionType):
            raise pls(pos, 330)
        if pl_type.how == "ASSOC":
            return self._construct_array(pl_type, args, pos)
        codes = self.positional(args, pl_type.name, pos)
        runs = [self.converted(code, pl_type.element, pos, pl_type.name) for code in codes]
        limit = pl_type.limit
        if limit is not None and len(runs) > limit:
            return Code(_raiser(6532), pl_type)
        return Code(lambda f: Table(pl_type, [run(f) for run in runs]), pl_type)

    def _construct_array(self, pl_type: CollectionType, args: Args, pos: Pos) -> Code:
        """18c: array_type(key => value, ...); a name before => is an expression here."""
        index = pl_type.index
        assert index is not None  # noqa: S101
        pairs: list[tuple[Run, Run]] = []
        for arg in args.args:
            key = arg.key
            if arg.name is not None:
                key = Ref(pos, [Ident(arg.name, pos)])
            if key is None:
                raise pls(arg.value.pos, 306, pl_type.name)
            value = self.converted(self.expression(arg.value), pl_type.element, arg.value.pos)
            pairs.append((self.converted(self.expression(key), index, key.pos), value))

        def make(f: Frame) -> Value:
            table = Assoc(pl_type)
            for key, value in pairs:
                table.put(key(f), value(f))
            return table

        return Code(make, pl_type)

    def construct_object(self, kind: ObjectType, args: Args, pos: Pos) -> Code:
        """An object type's constructor; the compiler of objects has it."""
        raise NotImplementedError

    def _construct_record(self, pl_type: RecordType, args: Args, pos: Pos) -> Code:
        """18c: record_type(value, field => value, ...)"""
        makers: list[Run] = [f.default or self.initial_value(f.type) for f in pl_type.fields]
        for index, arg in enumerate(args.args):
            at = index if arg.name is None else pl_type.position(arg.name)
            if arg.key is not None or at is None or at >= len(makers):
                raise pls(pos, 306, pl_type.name)
            code = self.expression(arg.value)
            makers[at] = self.converted(code, pl_type.fields[at].type, arg.value.pos)
        return Code(lambda f: Record([make(f) for make in makers]), pl_type)

    def method(
        self, place: Place, name: str, args: Args | None, pos: Pos, *, statement: bool
    ) -> Code:
        if name not in _COUNTS:
            raise pls(pos, 302, name)
        collection = place.type
        assert isinstance(collection, CollectionType)  # noqa: S101
        codes = self.positional(args, name, pos)
        low, high = _COUNTS[name]
        if not low <= len(codes) <= high:
            raise pls(pos, 306, name)
        if (name in _PROCEDURES) != statement:
            raise pls(pos, 221 if statement else 222, name)
        key = collection.index or PLS_INTEGER
        wanted = PLS_INTEGER if name in ("EXTEND", "TRIM") else key
        runs = [self.converted(code, wanted, pos, name) for code in codes]
        if name in _PROCEDURES:
            return self._procedure(place, collection, name, runs, pos)
        return self._function(place, collection, name, runs)

    @staticmethod
    def _function(place: Place, collection: CollectionType, name: str, runs: list[Run]) -> Code:
        load = place.load
        if name == "EXISTS":
            key = runs[0]

            def exists(f: Frame) -> Value:
                table = load(f)
                return table is not None and table.exists(key(f))

            return Code(exists, BOOLEAN)
        if name == "LIMIT":
            limit = collection.limit
            return Code(lambda f: _there(load(f)) and limit, PLS_INTEGER)
        method: Callable[..., Value] = getattr(
            Assoc if collection.how == "ASSOC" else Table, name.lower()
        )
        result = PLS_INTEGER if name == "COUNT" or collection.index is None else collection.index
        if not runs:
            return Code(lambda f: method(_there(load(f))), result)
        only = runs[0]

        def neighbour(f: Frame) -> Value:
            table = _there(load(f))
            at = only(f)
            return None if at is None else method(table, at)

        return Code(neighbour, result)

    def _procedure(
        self, place: Place, collection: CollectionType, name: str, runs: list[Run], pos: Pos
    ) -> Code:
        if place.store is None:
            raise pls(pos, place.problem, place.text)
        load = place.reach or place.load
        if name == "DELETE":
            if collection.how == "VARRAY" and runs:
                raise pls(pos, 306, name)
            return Code(lambda f: _there(load(f)).delete(*[run(f) for run in runs]), NULL)
        if collection.how == "ASSOC":
            raise pls(pos, 306, name)
        if name == "TRIM":
            count = runs[0] if runs else _one
            return Code(lambda f: _there(load(f)).trim(count(f) or 0), NULL)
        empty = self.initial_value(collection.element)
        count = runs[0] if runs else _one
        source: Run = runs[1] if len(runs) > 1 else (lambda _f: None)
        return Code(lambda f: _there(load(f)).extend(empty(f), count(f) or 0, source(f)), NULL)


def _one(_f: Frame) -> int:
    return 1


def _there(table: Value) -> Value:
    """The collection; ORA-06531 when it is atomically NULL."""
    if table is None:
        raise OraError(6531)
    return table


def _raiser(code: int) -> Run:
    def run(_f: Frame) -> Value:
        raise OraError(code)

    return run
