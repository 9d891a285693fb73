"""PL/SQL for one session: the interpreter's implementation of kernel.ports.PlsqlPort."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dtm.sandbox.interpreter import bridge
from dtm.sandbox.interpreter.compiler.sqlcalls import (
    completed,
    construct,
    constructor_ref,
    function_refs,
)
from dtm.sandbox.interpreter.compiler.symbols import PackageSymbol, RoutineGroup
from dtm.sandbox.interpreter.firing import fire
from dtm.sandbox.interpreter.headers import announced, call_block, unit_header
from dtm.sandbox.interpreter.library import Library
from dtm.sandbox.interpreter.raising import UserDefined
from dtm.sandbox.interpreter.runtime import (
    IN_SQL,
    Frame,
    PackageState,
    Routine,
    RoutineKey,
    Runtime,
    final_error,
)
from dtm.sandbox.interpreter.syntax.errors import CompileError
from dtm.sandbox.interpreter.types import (
    SYS_REFCURSOR,
    CollectionType,
    PlType,
    Scalar,
    system_type,
)
from dtm.sandbox.interpreter.values import Assoc, Table
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import (
    BlockBind,
    BlockResult,
    CatalogPort,
    FunctionRef,
    SessionContext,
    SqlPort,
    StoredUnit,
    TriggerEvent,
    UnitError,
    UserShape,
)
from dtm.sandbox.kernel.types import Composite, Kind, OraType

Value = Any
_CALL = re.compile(r"\s*CALL(?![\w$#])", re.IGNORECASE)
_INDEX = Scalar(OraType(Kind.PLS_INTEGER))


class Interpreter:
    """PL/SQL for one session."""

    def __init__(
        self, library: Library, context: SessionContext, sql: SqlPort, catalog: CatalogPort
    ) -> None:
        self.library = library
        self.rt = Runtime(context, sql, catalog, self)
        self.rt.library = library

    # -------------------------------------------------------------- blocks

    def execute_block(self, text: str, binds: Sequence[BlockBind]) -> BlockResult:
        """Run an anonymous block or CALL. An unhandled exception undoes the whole call."""
        rt = self.rt
        rt.env.tick()
        rt.implicit = []
        types = {bind.name: _bind_type(bind) for bind in binds}
        values = {bind.name: _bind_value(bind, types[bind.name]) for bind in binds}
        mark = rt.sql.mark()
        try:
            out = self.run_block(rt, text, values, types)
        except OraError as error:
            rt.sql.undo_to(mark)
            raise final_error(error) from None
        except BaseException:
            rt.sql.undo_to(mark)  # a defect of the sandbox leaves no half-done call either
            raise
        finally:
            rt.error = None
            self._forget_state()
        return BlockResult({name: _out_value(value) for name, value in out.items()}, rt.implicit)

    def _forget_state(self) -> None:
        """What does not outlive a call: SERIALLY_REUSABLE packages, or all after RESET_PACKAGE."""
        packages = self.rt.packages
        if self.rt.private.pop("reset", False):
            packages.clear()
        for key in [key for key, state in packages.items() if state.serially_reusable]:
            del packages[key]

    def run_block(
        self,
        rt: Runtime,
        text: str,
        binds: Mapping[str, Value],
        types: Mapping[str, PlType],
    ) -> dict[str, Value]:
        """Compile and run a block; the binds it may have assigned."""
        source = call_block(text) if _CALL.match(text) else text
        block = self.library.block(rt, source, types)
        values: list[Value] = [None] * block.routine.size
        for name, slot in block.slots.items():
            values[slot] = binds[name]
        try:
            frame = rt.invoke(block.routine, None, values)
        except UserDefined as error:
            raise final_error(error) from None
        return {name: frame.v[block.slots[name]] for name in block.assigned}

    # -------------------------------------------------------------- stored units

    def create_unit(self, text: str, schema: str) -> tuple[StoredUnit, Sequence[UnitError]]:
        """CREATE [OR REPLACE] a unit: stored whatever its errors."""
        header = unit_header(text)
        owner = header.owner or schema
        catalog = self.rt.catalog
        existing = catalog.unit(owner, header.name, header.type)
        if not header.replace and existing is not None and not announced(existing):
            raise OraError(955)
        other = catalog.resolve((owner, header.name), schema)
        if existing is None and other is not None and other[0] == owner:
            same = header.type.split()[0] == other[2].split()[0]
            if not same and header.type != "TRIGGER":
                raise OraError(955)
        settings = dict(self._settings())
        settings.update(self._trigger_settings(text[header.start :], owner, header.type))
        unit = StoredUnit(
            owner,
            header.name,
            header.type,
            header.source,
            "INVALID",
            0 if existing is None else existing.version,
            settings,
        )
        catalog.put_unit(unit, ())
        stored = catalog.unit(owner, header.name, header.type) or unit
        entry = self.library.compile(self.rt, stored)
        return self.library.settle(self.rt, stored, entry), entry.compilation.errors

    def _settings(self) -> dict[str, str]:
        nls = self.rt.context.nls
        return {
            "PLSQL_CCFLAGS": nls.get("PLSQL_CCFLAGS") or "",
            "NLS_LENGTH_SEMANTICS": nls.get("NLS_LENGTH_SEMANTICS", "BYTE"),
        }

    def _trigger_settings(self, source: str, owner: str, kind: str) -> dict[str, str]:
        if kind != "TRIGGER":
            return {}
        try:
            header = self.library.parse(self.rt, source).trigger
        except CompileError:
            return {}
        if header is None:
            return {}
        common = {
            "TIMING": header.timing,
            "EVENTS": ",".join(header.events),
            "STATUS": "ENABLED" if header.enabled else "DISABLED",
        }
        if header.scope:
            schema = header.table_owner or owner
            scope = "DATABASE" if header.scope == "DATABASE" else schema
            return {**common, "LEVEL": "EVENT", "SCOPE": scope}
        path = (header.table,) if header.table_owner is None else (
            header.table_owner, header.table)  # fmt: skip
        table = self.rt.catalog.resolve(path, owner)
        if table is None:
            raise OraError(942)
        level = "ROW" if header.row_level else "STATEMENT"
        return {
            **common,
            "TABLE_OWNER": table[0],
            "TABLE_NAME": table[1],
            "LEVEL": "" if header.sections else level,
            "COLUMNS": ",".join(header.columns),
            "POINTS": ",".join(section.name for section in header.sections),
            "FOLLOWS": ",".join(f"{other or owner}.{name}" for other, name in header.follows),
        }

    def compile_unit(self, unit: StoredUnit) -> Sequence[UnitError]:
        """ALTER ... COMPILE."""
        return self.compile_stored(self.rt, unit)

    def compile_stored(self, rt: Runtime, unit: StoredUnit) -> Sequence[UnitError]:
        """Compile a stored unit and write the outcome to the dictionary."""
        entry = self.library.compile(rt, unit)
        self.library.settle(rt, unit, entry)
        return entry.compilation.errors

    # -------------------------------------------------------------- functions in SQL

    def function(self, path: tuple[str, ...], schema: str) -> FunctionRef | None:
        """A stored or packaged function."""
        rt = self.rt
        package: PackageSymbol | None = None
        found = rt.catalog.resolve(path, schema)
        if found is not None and found[2] == "FUNCTION":
            try:
                routine = self.library.signature(rt, found[0], found[1], "FUNCTION", (0, 0))
            except CompileError:
                raise OraError(6575, found[1]) from None
            return function_refs(path[-1], [routine], found[0], found[1])
        kind = None if found is not None and found[2] != "TYPE" else self._type(path, schema)
        if kind is not None:
            return constructor_ref(kind)
        if len(path) >= 2:
            head = path[:-1]
            found = rt.catalog.resolve(head, schema)
            if found is not None and found[2] == "PACKAGE" and found[0] != "SYS":
                try:
                    package = self.library.package_symbol(rt, found[0], found[1], (0, 0))
                except CompileError:
                    raise OraError(6575, found[1]) from None
            elif len(head) == 1 or head[0] == "SYS":
                package = self.library.built_in(rt, head[-1])
        if package is None:
            return None
        group = package.members.get(path[-1])
        if not isinstance(group, RoutineGroup):
            return None
        functions = [r for r in group.routines if r.returns is not None]
        return function_refs(path[-1], functions, package.unit.owner, package.unit.name)

    def _type(self, path: tuple[str, ...], schema: str) -> PlType | None:
        """The user type of a name."""
        found = self.rt.catalog.resolve(path, schema)
        if found is None or found[2] != "TYPE":
            return system_type(path)
        try:
            return self.library.schema_type(self.rt, found[0], found[1], (0, 0))
        except CompileError:
            raise OraError(4063, f'type "{found[0]}.{found[1]}"') from None

    def type_named(self, path: tuple[str, ...], schema: str) -> OraType | None:
        """See kernel.ports.PlsqlPort."""
        kind = self._type(path, schema)
        return None if kind is None else bridge.sql_type(kind)

    def shape(self, user: tuple[str, str]) -> UserShape | None:
        """See kernel.ports.PlsqlPort."""
        kind = self._type(user, user[0])
        return None if kind is None else bridge.shape_of(kind)

    def call_function(self, ref: FunctionRef, args: Sequence[Value]) -> Value:
        """Run a PL/SQL function inside a SQL statement, where COMMIT is refused."""
        rt = self.rt
        handle: Any = ref.handle
        (owner, name), routine = handle
        if routine is None:
            return Composite(Kind.COLLECTION, (owner, name), tuple(args))
        values = [
            bridge.from_sql(value, param.type)
            for value, param in zip(args, routine.params, strict=False)
        ]
        guard, rt.guard = rt.guard, IN_SQL
        try:
            return bridge.to_sql(self._call(routine, owner, name, values))
        except UserDefined as error:
            raise final_error(error) from None
        finally:
            rt.guard = guard

    def _call(self, routine: Routine, owner: str, name: str, values: list[Value]) -> Value:
        rt = self.rt
        if routine.method is not None or routine.unit.type == "TYPE":
            return construct(rt, routine, values)
        if routine.home is None and routine.unit.type == "FUNCTION":
            current = self.library.standalone(rt, owner, name, "FUNCTION")
            dummy = Frame(rt, None, routine.unit, [])
            return rt.invoke_unit(current, None, completed(current, dummy, values)).ret
        state = rt.package(owner, name)
        values = completed(routine, state.spec, values)
        if routine.python is not None:
            return routine.python(rt, *values)
        target = state.implementations.get(routine.key, routine)
        return rt.invoke_unit(target, state.body, values).ret

    # -------------------------------------------------------------- triggers

    def fire_trigger(self, owner: str, name: str, event: TriggerEvent) -> None:
        """Run a DML trigger."""
        fire(self.rt, owner, name, self.library.trigger(self.rt, owner, name), event)

    # -------------------------------------------------------------- running code

    def package(self, rt: Runtime, owner: str, name: str) -> PackageState:
        """See runtime.UnitsPort."""
        return self.library.package(rt, owner, name)

    def type_body(self, rt: Runtime, owner: str, name: str) -> Mapping[RoutineKey, Routine]:
        """See runtime.UnitsPort."""
        return self.library.type_body(rt, owner, name)

    def standalone(self, rt: Runtime, owner: str, name: str, unit_type: str) -> Routine:
        """See runtime.UnitsPort."""
        return self.library.standalone(rt, owner, name, unit_type)

    def close(self) -> None:
        """The session ends: user locks are freed, package state is gone."""
        self.library.locks.release_all(self.rt.context.sid)
        self.rt.packages.clear()

    def transaction_ended(self) -> None:
        """COMMIT or ROLLBACK: locks requested with release_on_commit are freed."""
        self.library.locks.release_all(self.rt.context.sid, committed_only=True)


def _bind_type(bind: BlockBind) -> PlType:
    ora = bind.type
    if ora.kind is Kind.REF_CURSOR:
        return SYS_REFCURSOR
    if ora.kind is Kind.NUMBER:
        ora = OraType(Kind.NUMBER)
    if bind.is_array:
        return CollectionType(f":{bind.name}", "ASSOC", Scalar(ora), _INDEX)
    return Scalar(ora)


def _bind_value(bind: BlockBind, kind: PlType) -> Value:
    value = bind.value
    if isinstance(kind, CollectionType):
        table = Assoc(kind)
        for index, element in enumerate(value or (), 1):
            table.put(index, element)
        return table
    if isinstance(value, str | bytes) and not value and kind.kind not in (Kind.CLOB, Kind.BLOB):
        return None
    return value


def _out_value(value: Value) -> Value:
    if isinstance(value, Assoc | Table):
        return list(value.items())
    return value
