"""The compiled units of one instance, shared by its sessions.

A unit is compiled when it is first used and again when it, or a unit it depends on, has another
version. What is compiled knows no session.
"""

from __future__ import annotations

import sys
import threading
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.builtins import MODULES
from dtm.sandbox.interpreter.compiler.symbols import PackageSymbol, RoutineGroup
from dtm.sandbox.interpreter.compiler.units import (
    Compilation,
    CompiledBody,
    CompiledSpec,
    UnitCompiler,
)
from dtm.sandbox.interpreter.locks import UserLocks
from dtm.sandbox.interpreter.runtime import Routine, Runtime, UnitInfo
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.syntax.units import parse_unit
from dtm.sandbox.interpreter.types import CollectionType, ObjectType, PlType
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import StoredUnit, UnitError

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = Any
Key = tuple[str, str, str]
BUILT_IN_MODULES = MODULES  # importing them has registered the supplied packages
RECURSION = 60000  # Python frames: MAX_CALLS nested calls of compiled code, with room to spare


@dataclass(slots=True)
class Entry:
    """A compiled unit and what it was compiled from."""

    version: int
    compilation: Compilation
    generation: int  # grows with every compilation in the instance
    units: dict[Key, int] = field(default_factory=dict)  # generations of the units it refers to
    checked: int = -1  # catalog version at which it was last found current


def sys_unit(name: str) -> UnitInfo:
    """The unit of a built-in package."""
    return UnitInfo("SYS", name, "PACKAGE", definer=True)


class UnitStore:
    """The compiled units of one instance, and what belongs to all its sessions."""

    def __init__(self, mutex: AbstractContextManager[Any] | None = None) -> None:
        """`mutex`: the database's own (reentrant). Two would deadlock: a function called from SQL
        holds it and may compile; a compilation asks the dictionary."""
        self.entries: dict[Key, Entry] = {}
        self.blocks: dict[tuple[Any, ...], Compilation] = {}
        self.built_ins: dict[str, CompiledSpec] = {}
        self.locks = UserLocks()
        self.shared: dict[str, Any] = {}  # of built-in packages: pipes, alerts
        self.mutex = mutex or threading.RLock()
        self.compiling: list[Key] = []
        self.checking: set[Key] = set()  # types may refer to each other in a circle
        self.unfinished: dict[Key, ObjectType] = {}
        self.generation = 0
        sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION))

    def user_locks(self) -> list[tuple[int, int, int, int]]:
        """(sid, lock id, mode held, mode requested), as V$LOCK shows TYPE 'UL'."""
        return self.locks.listing()

    # -------------------------------------------------------------- compiling

    def parse(self, rt: Runtime, source: str, unit: UnitInfo | None = None) -> tree.Unit:
        """Parse after conditional compilation. CompileError or Unsupported."""
        inquiries = _inquiries(rt, unit)

        def constant(path: tuple[str, ...]) -> Value:
            return self._static(rt, path)

        return parse_unit(source, inquiries, constant)

    def _static(self, rt: Runtime, path: tuple[str, ...]) -> Value:
        """The value of a package constant, for $IF; KeyError when there is none."""
        spec: CompiledSpec | None = None
        if len(path) == 2 and registry.lookup(path[0]) is not None:
            spec = self._built_in_spec(rt, path[0])
        elif len(path) in (2, 3):
            found = rt.catalog.resolve(path[:-1], rt.context.current_schema)
            if found is not None and found[2] == "PACKAGE":
                spec = self.spec(rt, found[0], found[1])
        if spec is None:
            raise KeyError(path)
        return spec.statics[path[-1]]

    def entry(self, rt: Runtime, key: Key) -> Entry | None:
        """The current compilation of a stored unit; None when there is no such unit."""
        version = rt.catalog.version()
        found = self.entries.get(key)
        if found is not None and found.checked == version:
            return found
        with self.mutex:
            stored = rt.catalog.unit(*key)
            if stored is None:
                self.entries.pop(key, None)
                return None
            if found is None or not self._current(rt, found, stored):
                found = self.compile(rt, stored)
            found.checked = version
            return found

    def _current(self, rt: Runtime, entry: Entry, stored: StoredUnit) -> bool:
        if entry.version != stored.version or stored.status != "VALID":
            return False
        own = (stored.owner, stored.name, stored.type)
        self.checking.add(own)
        try:
            for key, generation in entry.units.items():
                if key in self.unfinished:
                    return False
                other = self.entries.get(key) if key in self.checking else self.entry(rt, key)
                if other is None or other.generation != generation:
                    return False
        finally:
            self.checking.discard(own)
        return True

    def compile(self, rt: Runtime, stored: StoredUnit) -> Entry:
        """Compile a stored unit; an INVALID one that compiles becomes VALID."""
        key = (stored.owner, stored.name, stored.type)
        with self.mutex:
            if key in self.compiling:
                raise CompileError((1, 1), f"PLS-00905: object {key[0]}.{key[1]} is invalid")
            self.compiling.append(key)
            try:
                compilation = self._compile(rt, stored)
            finally:
                self.compiling.pop()
            self.generation += 1
            entry = Entry(stored.version, compilation, self.generation)
            for dependency in compilation.depends:
                other = self.entries.get(dependency)
                if other is not None and dependency not in (key, *self.compiling):
                    entry.units[dependency] = other.generation
            self.entries[key] = entry
        return entry

    def _compile(self, rt: Runtime, stored: StoredUnit) -> Compilation:
        info = UnitInfo(stored.owner, stored.name, stored.type, definer=True)
        with as_owner(rt, stored.owner):
            try:
                unit = self.parse(rt, stored.text, info)
                info.definer = not unit.invoker
                compiler = UnitCompiler(rt, self, info, stored.text)
                return compiler.compilation(self._dispatch(rt, compiler, unit, stored))
            except CompileError as error:
                return Compilation(None, [UnitError(*error.pos, error.text)])
            except RecursionError:
                return Compilation(None, [UnitError(1, 1, str(pls((1, 1), 123, "nesting")))])

    def _dispatch(
        self, rt: Runtime, compiler: UnitCompiler, unit: tree.Unit, stored: StoredUnit
    ) -> Any:
        if unit.kind == "PACKAGE":
            return compiler.spec(unit)
        if unit.kind == "PACKAGE BODY":
            return self._body(rt, compiler, unit, stored)
        if unit.kind == "TRIGGER":
            return compiler.trigger_unit(unit, stored.owner)
        if unit.kind == "TYPE":
            return self._type(compiler, unit, stored)
        if unit.kind == "TYPE BODY":
            return self._type_body(rt, compiler, unit, stored)
        return compiler.standalone(unit)

    def _body(
        self, rt: Runtime, compiler: UnitCompiler, unit: tree.Unit, stored: StoredUnit
    ) -> CompiledBody | None:
        key = (stored.owner, stored.name, "PACKAGE")
        compiler.depends.add(key)
        entry = self.entry(rt, key)
        if entry is None:
            compiler.record(pls(unit.pos, 201, stored.name))
            compiler.record(pls(unit.pos, 304, stored.name))
            return None
        if entry.compilation.result is None:
            compiler.record(pls(unit.pos, 905, f"{stored.owner}.{stored.name}"))
            compiler.record(pls(unit.pos, 304, stored.name))
            return None
        spec: CompiledSpec = entry.compilation.result
        compiler.unit.definer = spec.symbol.unit.definer
        return compiler.body(unit, spec)

    def _type(self, compiler: UnitCompiler, unit: tree.Unit, stored: StoredUnit) -> PlType:
        """A collection or object type; while it compiles, its name means the unfinished one."""
        key = (stored.owner, stored.name, "TYPE")
        unfinished = self.unfinished[key] = ObjectType(stored.owner, stored.name)
        try:
            return compiler.type_unit(unit, unfinished)
        finally:
            del self.unfinished[key]

    def _type_body(
        self, rt: Runtime, compiler: UnitCompiler, unit: tree.Unit, stored: StoredUnit
    ) -> object:
        key = (stored.owner, stored.name, "TYPE")
        compiler.depends.add(key)
        entry = self.entry(rt, key)
        kind = None if entry is None else entry.compilation.result
        if not isinstance(kind, ObjectType):
            number = 201 if entry is None else 905
            compiler.record(pls(unit.pos, number, f"{stored.owner}.{stored.name}"))
            compiler.record(pls(unit.pos, 304, stored.name))
            return None
        specification = rt.catalog.unit(*key)
        if specification is not None:
            parsed = self.parse(rt, specification.text)
            compiler.unit.definer = not parsed.invoker
        return compiler.object_body(unit, kind)

    def settle(self, rt: Runtime, stored: StoredUnit, entry: Entry) -> StoredUnit:
        """Write status and errors of a compilation to the dictionary."""
        status = "INVALID" if entry.compilation.errors else "VALID"
        settled = replace(stored, status=status)
        found = entry.compilation
        rt.catalog.put_unit(settled, [*found.errors, *found.warnings])
        rt.catalog.set_dependencies(
            stored.owner,
            stored.name,
            stored.type,
            sorted(entry.compilation.depends),
            {name: tuple(sorted(used)) for name, used in entry.compilation.uses.items()},
        )
        kept = rt.catalog.unit(stored.owner, stored.name, stored.type)
        if kept is not None:
            entry.version = kept.version
            settled = kept
        return settled

    # -------------------------------------------------------------- what units refer to

    def spec(self, rt: Runtime, owner: str, name: str) -> CompiledSpec | None:
        """A package specification without errors."""
        entry = self.entry(rt, (owner, name, "PACKAGE"))
        if entry is None or not isinstance(entry.compilation.result, CompiledSpec):
            return None
        return entry.compilation.result

    def package_symbol(self, rt: Runtime, owner: str, name: str, pos: tree.Pos) -> PackageSymbol:
        """For the compiler; PLS-00905 when it has errors."""
        spec = self.spec(rt, owner, name)
        if spec is None:
            raise pls(pos, 905, f"{owner}.{name}")
        return spec.symbol

    def built_in(self, rt: Runtime, name: str) -> PackageSymbol | None:
        """A supplied package the session may use."""
        found = registry.lookup(name)
        if found is None:
            return None
        schema = rt.context.effective_user or rt.context.current_schema
        if not found.granted and not rt.catalog.can_execute("SYS", name, schema):
            return None
        return self._built_in_spec(rt, name).symbol

    def _built_in_spec(self, rt: Runtime, name: str) -> CompiledSpec:
        spec = self.built_ins.get(name)
        if spec is not None:
            return spec
        found = registry.lookup(name)
        assert found is not None  # noqa: S101
        with self.mutex:
            unit = parse_unit(found.specification, {}, _no_constant)
            compiler = UnitCompiler(rt, self, sys_unit(name), found.specification)
            spec = compiler.spec(unit)
            if compiler.errors:
                raise OraError(600, message=f"{name}: {compiler.errors[0]}")
            _attach(spec, found)
            self.built_ins[name] = spec
        return spec

    def signature(
        self, rt: Runtime, owner: str, name: str, unit_type: str, pos: tree.Pos
    ) -> Routine:
        """A stored subprogram, for the compiler; a unit that calls itself finds its own."""
        entry = self.entry(rt, (owner, name, unit_type))
        if entry is None or not isinstance(entry.compilation.result, Routine):
            raise pls(pos, 905, f"{owner}.{name}")
        return entry.compilation.result

    def schema_type(self, rt: Runtime, owner: str, name: str, pos: tree.Pos) -> PlType:
        """A schema-level collection or object type."""
        unfinished = self.unfinished.get((owner, name, "TYPE"))
        if unfinished is not None:
            return unfinished
        entry = self.entry(rt, (owner, name, "TYPE"))
        result = None if entry is None else entry.compilation.result
        if not isinstance(result, CollectionType | ObjectType):
            raise pls(pos, 905, f"{owner}.{name}")
        return result


@contextmanager
def as_owner(rt: Runtime, owner: str | None) -> Iterator[None]:
    """Names and privileges of a definer-rights unit's owner."""
    if owner is None:
        yield
        return
    context = rt.context
    before = (context.effective_user, context.current_schema)
    context.effective_user = context.current_schema = owner
    try:
        yield
    finally:
        context.effective_user, context.current_schema = before


def _inquiries(rt: Runtime, unit: UnitInfo | None) -> dict[str, Value]:
    """$$ values: PLSQL_UNIT ... and PLSQL_CCFLAGS."""
    values: dict[str, Value] = {
        "PLSQL_UNIT": None if unit is None or unit.type == "BLOCK" else unit.name,
        "PLSQL_UNIT_OWNER": None if unit is None else unit.owner or None,
        "PLSQL_UNIT_TYPE": None if unit is None else unit.type,
        "PLSQL_DEBUG": False,
        "PLSQL_OPTIMIZE_LEVEL": 2,
        "PLSQL_CODE_TYPE": "INTERPRETED",
        "NLS_LENGTH_SEMANTICS": rt.context.nls.get("NLS_LENGTH_SEMANTICS", "BYTE"),
    }
    for flag in (rt.context.nls.get("PLSQL_CCFLAGS") or "").split(","):
        name, _, text = flag.partition(":")
        text = text.strip().upper()
        if name.strip():
            values[name.strip().upper()] = (
                {"TRUE": True, "FALSE": False, "NULL": None}[text]
                if text in ("TRUE", "FALSE", "NULL")
                else int(text)
                if text.lstrip("-").isdigit()
                else text
            )
    return values


def _no_constant(path: tuple[str, ...]) -> Value:
    raise KeyError(path)


def _attach(spec: CompiledSpec, found: registry.BuiltIn) -> None:
    """Give the routines of a built-in package their Python bodies."""
    for symbol in spec.symbol.members.values():
        if not isinstance(symbol, RoutineGroup):
            continue
        bodies = found.bodies.get(symbol.name, [])
        if len(bodies) != len(symbol.routines):
            raise OraError(600, message=f"{found.name}.{symbol.name}: bodies do not match")
        for routine, body in zip(symbol.routines, bodies, strict=True):
            routine.python = body
