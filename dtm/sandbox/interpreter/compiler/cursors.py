"""Cursors: declarations, OPEN, FETCH, CLOSE, attributes, cursor FOR loops.

PL/SQL Language Reference 19c, "PL/SQL Static SQL": "Cursors Overview", "Processing Query Result
Sets", "Cursor Variables".
"""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter.compiler.cursor_state import (
    ATTRIBUTE_READERS,
    bulk_count,
    bulk_error,
    check_shape,
    none,
    opened,
    query_runner,
    rowid_insertion,
    some,
)
from dtm.sandbox.interpreter.compiler.hosts import SqlSite
from dtm.sandbox.interpreter.compiler.into import IntoMixin
from dtm.sandbox.interpreter.compiler.symbols import (
    Code,
    CursorSymbol,
    Exec,
    Layout,
    Place,
    RoutineGroup,
    Run,
    Scope,
    Variable,
)
from dtm.sandbox.interpreter.runtime import Frame, Param, Routine
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.syntax.tree import Args, Attribute, Expr, Ident, Pos, Ref, SqlText
from dtm.sandbox.interpreter.types import (
    BOOLEAN,
    NULL,
    PLS_INTEGER,
    ROWID,
    CursorType,
    RecordType,
)
from dtm.sandbox.interpreter.values import Cursor
from dtm.sandbox.kernel.errors import OraError, Unsupported

Value = Any
_ATTRIBUTES = ("FOUND", "NOTFOUND", "ROWCOUNT", "ISOPEN")


class CursorMixin(IntoMixin):
    """Compiles cursors."""

    # -------------------------------------------------------------- declaration

    def declare_cursor(self, decl: tree.CursorDecl, package: tuple[str, str] | None) -> Exec:
        """Declare it; the result makes a closed cursor when its block is entered."""
        symbol = CursorSymbol(
            decl.name, self.layout.level, self.layout.slot(), decl.params, decl.query
        )
        symbol.package = package
        if decl.query is None:
            raise Unsupported(640, "cursor specification without a body", *decl.pos)
        self._cursor_routine(symbol, decl)
        if decl.returns is not None:
            returned = self.type_of(decl.returns)
            if not isinstance(returned, RecordType):
                raise pls(decl.pos, 320)
            symbol.row = returned
        self.scope.symbols[decl.name] = symbol
        slot = symbol.slot

        def enter(f: Frame) -> None:
            f.v[slot] = Cursor()

        return enter

    def _cursor_routine(self, symbol: CursorSymbol, decl: tree.CursorDecl) -> None:
        """The query as a routine: parameters in, (columns, rows, row ids) out."""
        outer_scope, outer_layout = self.scope, self.layout
        self.scope = Scope(outer_scope, "cursor", decl.name)
        self.layout = Layout(outer_layout.level + 1)
        try:
            params: list[Param] = []
            for param in decl.params:
                kind = self.type_of(param.type)
                default = None
                if param.default is not None:
                    self.scope, self.layout = outer_scope, outer_layout
                    code = self.expression(param.default)
                    default = self.converted(code, kind, param.pos)
                    self.scope = Scope(outer_scope, "cursor", decl.name)
                    self.layout = Layout(outer_layout.level + 1, len(params))
                    for done in params:
                        self._cursor_parameter(done, params.index(done))
                params.append(Param(param.name, kind, "IN", default))
                self.layout.slot()
                self._cursor_parameter(params[-1], len(params) - 1)
            assert decl.query is not None  # noqa: S101
            site, symbol.for_update = self.query_site(decl.query)
            compiled, _ = site.compiled(self.rt)
            columns = compiled.columns[:-1] if symbol.for_update else compiled.columns
            symbol.row = self.row_type(columns, f"{decl.name}%ROWTYPE")
            routine = Routine(decl.name, params, NULL, self.unit)
            routine.level = self.layout.level
            routine.size = self.layout.size
            routine.entry_line = decl.pos[0]
            routine.run = query_runner(site, for_update=symbol.for_update)
            symbol.routine = routine
        finally:
            self.scope, self.layout = outer_scope, outer_layout

    def _cursor_parameter(self, param: Param, slot: int) -> None:
        self.scope.symbols[param.name] = Variable(
            param.name, param.type, self.layout.level, slot, "IN"
        )

    def query_site(self, query: SqlText) -> tuple[SqlSite, bool]:
        """A query, with ROWID added to its columns when it is FOR UPDATE of one table."""
        insertion = rowid_insertion(query)
        if insertion:
            try:
                return self.site(query, insertion), True
            except CompileError:
                pass  # a join or a view: no CURRENT OF for it
        return self.site(query), False

    # -------------------------------------------------------------- access

    def cursor_place(self, symbol: CursorSymbol) -> Run:
        """The Cursor object of a declared cursor."""
        slot = symbol.slot
        if symbol.package is not None:
            owner, name = symbol.package
            return lambda f: f.rt.package(owner, name).spec.v[slot]
        return self.slot_loader(symbol.level, slot)

    def opener(self, symbol: CursorSymbol, args: Args | None, pos: Pos) -> Run:
        """Run a declared cursor's query with actual parameters."""
        assert symbol.routine is not None  # noqa: S101
        routine = symbol.routine
        group = RoutineGroup(symbol.name, [routine], level=symbol.level)
        actuals = [self._actual(arg) for arg in args.args] if args else []
        matched = self._match(routine, actuals)
        if matched is None or self._cost(routine, matched) is None:
            raise pls(pos, 306, symbol.name)
        makers: list[Run] = []
        for param, actual in zip(routine.params, matched, strict=True):
            if actual is None:
                makers.append(self._cursor_default(symbol, group, routine, param))
            else:
                makers.append(self._incoming(param, actual))
        if symbol.package is not None:
            owner, name = symbol.package
            return lambda f: (
                f.rt.invoke(
                    routine, f.rt.package(owner, name).spec, [make(f) for make in makers]
                ).ret
            )
        frame = self.frame_getter(symbol.level)
        return lambda f: f.rt.invoke(routine, frame(f), [make(f) for make in makers]).ret

    def _cursor_default(
        self, symbol: CursorSymbol, group: RoutineGroup, routine: Routine, param: Param
    ) -> Run:
        if symbol.package is None:
            return self._default(group, routine, param)
        default = param.default
        assert default is not None  # noqa: S101
        owner, name = symbol.package
        return lambda f: default(f.rt.package(owner, name).spec)

    def cursor_reference(
        self, expr: Expr
    ) -> tuple[Run, CursorSymbol | None, Args | None, Place | None]:
        """A cursor or cursor variable named in OPEN, FETCH or CLOSE."""
        if isinstance(expr, tree.Bind):
            self.assigned_bind(expr)
            place = self.bind_place(expr)
            return place.load, None, None, place
        if not isinstance(expr, Ref):
            raise pls(expr.pos, 456, "expression")
        args = None
        ref = expr
        if isinstance(expr.parts[-1], Args):
            head = Ref(expr.pos, expr.parts[:-1])
            thing = self.walk(head)
            if isinstance(thing, CursorSymbol):
                args, ref = expr.parts[-1], head
        thing = self.walk(ref)
        if isinstance(thing, CursorSymbol):
            return self.cursor_place(thing), thing, args, None
        if isinstance(thing, Place) and isinstance(thing.type, CursorType):
            return thing.load, None, None, thing
        if isinstance(thing, Code) and isinstance(thing.type, CursorType):
            return thing.run, None, None, None
        name = ".".join(p.name for p in ref.parts if isinstance(p, Ident))
        raise pls(expr.pos, 456, name)

    # -------------------------------------------------------------- statements

    def open_cursor(self, statement: tree.OpenCursor) -> Exec:
        """OPEN cursor [(arguments)]"""
        load, symbol, args, _ = self.cursor_reference(statement.cursor)
        if symbol is None:
            raise pls(statement.pos, 456, "cursor")
        run = self.opener(symbol, args, statement.pos)

        def execute(f: Frame) -> None:
            cursor: Cursor = load(f)
            if cursor.is_open:
                raise OraError(6511)
            columns, rows, rowids = run(f)
            cursor.open(columns, rows)
            cursor.rowids = rowids

        return execute

    def close_cursor(self, statement: tree.CloseCursor) -> Exec:
        """CLOSE cursor"""
        load = self.cursor_reference(statement.cursor)[0]

        def execute(f: Frame) -> None:
            opened(load(f)).close()

        return execute

    def fetch(self, statement: tree.Fetch) -> Exec:
        """FETCH cursor [BULK COLLECT] INTO ... [LIMIT n]"""
        load, symbol, _, _ = self.cursor_reference(statement.cursor)
        into = self.into_target(statement.into, None, statement.pos)
        row = None if symbol is None else symbol.row
        if row is not None and len(row.fields) != len(into.types):
            raise pls(statement.pos, 394)
        if statement.into.bulk:
            return self._fetch_bulk(statement, load, into)

        def execute(f: Frame) -> None:
            cursor = opened(load(f))
            row = cursor.fetch_row()
            if row is not None:
                check_shape(cursor, into)
                into.put_row(f, cursor.columns, row)

        return execute

    def _fetch_bulk(self, statement: tree.Fetch, load: Run, into: Any) -> Exec:
        limit: Run | None = None
        if statement.into.limit is not None:
            code = self.expression(statement.into.limit)
            limit = self.converted(code, PLS_INTEGER, statement.pos)

        def execute(f: Frame) -> None:
            cursor = opened(load(f))
            count = len(cursor.rows) if limit is None else limit(f)
            if count is None or (limit is not None and count <= 0):
                raise OraError(6502, ": bulk limit must be positive")
            check_shape(cursor, into)
            rows = cursor.fetch(count)
            cursor.found = len(rows) == count if limit is not None else bool(rows)
            into.put_rows(f, cursor.columns, rows)

        return execute

    # -------------------------------------------------------------- attributes

    def cursor_attribute(self, thing: Any, attribute: Attribute) -> Code:
        if attribute.name not in _ATTRIBUTES:
            raise pls(attribute.pos, 208, attribute.name)
        if isinstance(thing, CursorSymbol):
            load = self.cursor_place(thing)
        else:
            load = thing.load if isinstance(thing, Place) else thing.run
        return Code(ATTRIBUTE_READERS[attribute.name](load),
                    PLS_INTEGER if attribute.name == "ROWCOUNT" else BOOLEAN)  # fmt: skip

    def sql_attribute(self, ref: Ref) -> tuple[Code, int]:
        attribute = ref.parts[1]
        assert isinstance(attribute, Attribute)  # noqa: S101
        name = attribute.name
        if name == "ROWCOUNT":
            return Code(lambda f: f.rt.cursor.rowcount, PLS_INTEGER), 2
        if name == "FOUND":
            return Code(lambda f: some(f.rt.cursor.rowcount), BOOLEAN), 2
        if name == "NOTFOUND":
            return Code(lambda f: none(f.rt.cursor.rowcount), BOOLEAN), 2
        if name == "ISOPEN":
            return Code(lambda _f: False, BOOLEAN), 2
        if name == "BULK_ROWCOUNT" and len(ref.parts) > 2 and isinstance(ref.parts[2], Args):
            key = self._subscript(ref.parts[2], ref.pos)
            return Code(lambda f: bulk_count(f, key(f)), PLS_INTEGER), 3
        if name == "BULK_EXCEPTIONS":
            return self._bulk_exceptions(ref)
        raise pls(attribute.pos, 208, name)

    def _subscript(self, args: Args, pos: Pos) -> Run:
        if len(args.args) != 1:
            raise pls(pos, 306, "SQL")
        return self.converted(self.expression(args.args[0].value), PLS_INTEGER, pos)

    def _bulk_exceptions(self, ref: Ref) -> tuple[Code, int]:
        parts = ref.parts
        if len(parts) > 2 and isinstance(parts[2], Ident) and parts[2].name == "COUNT":
            return Code(lambda f: len(f.rt.cursor.bulk_errors), PLS_INTEGER), 3
        if len(parts) > 3 and isinstance(parts[2], Args) and isinstance(parts[3], Ident):
            key = self._subscript(parts[2], ref.pos)
            field = {"ERROR_INDEX": 0, "ERROR_CODE": 1}.get(parts[3].name)
            if field is None:
                raise pls(parts[3].pos, 302, parts[3].name)
            at = field
            return Code(lambda f: bulk_error(f, key(f))[at], PLS_INTEGER), 4
        raise pls(ref.pos, 302, "BULK_EXCEPTIONS")

    def current_rowid(self, ref: Ref) -> Code:
        load, symbol, _, _ = self.cursor_reference(ref)
        name = ".".join(p.name for p in ref.parts if isinstance(p, Ident))
        if symbol is None or not symbol.for_update:
            raise pls(ref.pos, 404, name)

        def rowid(f: Frame) -> Value:
            cursor: Cursor = load(f)
            if not cursor.is_open or not cursor.found or cursor.rowids is None:
                raise OraError(1410)
            return cursor.rowids[cursor.position - 1]

        return Code(rowid, ROWID)
