"""The compiled units of one instance, shared by its sessions.

A unit is compiled when it is first used and again when it, or a unit it depends on, has another
version. What is compiled knows no session.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.builtins import MODULES
from dtm.sandbox.interpreter.compiler.symbols import PackageSymbol, RoutineGroup
from dtm.sandbox.interpreter.compiler.units import (
    Compilation,
    CompiledBlock,
    CompiledBody,
    CompiledSpec,
    CompiledTrigger,
    UnitCompiler,
)
from dtm.sandbox.interpreter.locks import UserLocks
from dtm.sandbox.interpreter.runtime import Frame, PackageState, Routine, Runtime, UnitInfo
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import CompileError, block_error, pls
from dtm.sandbox.interpreter.syntax.units import parse_unit
from dtm.sandbox.interpreter.types import CollectionType, PlType
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import StoredUnit, UnitError

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = Any
Key = tuple[str, str, str]
MAX_BLOCKS = 400
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


class Library:
    """Compiled units, user locks and pipes of one instance."""

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
        for key, generation in entry.units.items():
            other = self.entry(rt, key)
            if other is None or other.generation != generation:
                return False
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
                if other is not None and dependency != key:
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
            return compiler.type_unit(unit)
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

    def settle(self, rt: Runtime, stored: StoredUnit, entry: Entry) -> StoredUnit:
        """Write status and errors of a compilation to the dictionary."""
        status = "INVALID" if entry.compilation.errors else "VALID"
        settled = replace(stored, status=status)
        rt.catalog.put_unit(settled, entry.compilation.errors)
        rt.catalog.set_dependencies(
            stored.owner, stored.name, stored.type, sorted(entry.compilation.depends)
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
        """A schema-level collection type."""
        entry = self.entry(rt, (owner, name, "TYPE"))
        if entry is None or not isinstance(entry.compilation.result, CollectionType):
            raise pls(pos, 905, f"{owner}.{name}")
        return entry.compilation.result

    # -------------------------------------------------------------- running

    def package(self, rt: Runtime, owner: str, name: str) -> PackageState:
        """The session's state of a package: made, kept, or discarded (ORA-04068)."""
        key = (owner, name)
        state = rt.packages.get(key)
        if owner == "SYS" and registry.lookup(name) is not None:
            return self._built_in_state(rt, name)
        spec_entry = self.entry(rt, (owner, name, "PACKAGE"))
        body_entry = self.entry(rt, (owner, name, "PACKAGE BODY"))
        if spec_entry is None:
            raise _not_found(owner, name, "package")
        versions = (spec_entry.version, -1 if body_entry is None else body_entry.version)
        if state is not None:
            if state.versions == versions:
                # Compiled again from the same text, perhaps (a table changed): state is kept.
                self._usable(rt, spec_entry, (owner, name, "PACKAGE"))
                if body_entry is not None:
                    body = self._usable(rt, body_entry, (owner, name, "PACKAGE BODY"))
                    state.implementations = body.implementations
                state.checked = rt.catalog.version()
                return state
            del rt.packages[key]
            if state.stateful:
                raise _discarded(owner, name, state.versions[0] != versions[0])
        spec = self._usable(rt, spec_entry, (owner, name, "PACKAGE"))
        body = None
        if body_entry is not None:
            body = self._usable(rt, body_entry, (owner, name, "PACKAGE BODY"))
        elif spec.routines:
            raise _not_found(owner, name, "package body")
        return self._instantiate(rt, key, spec, body, versions)

    def _usable(self, rt: Runtime, entry: Entry, key: Key) -> Any:
        """The compiled unit; ORA-04063 when it has errors. Validates an INVALID one."""
        stored = rt.catalog.unit(*key)
        if stored is not None and stored.status != "VALID" and not entry.compilation.errors:
            self.settle(rt, stored, entry)
        if entry.compilation.result is None:
            raise _has_errors(key)
        return entry.compilation.result

    @staticmethod
    def _instantiate(
        rt: Runtime,
        key: tuple[str, str],
        spec: CompiledSpec,
        body: CompiledBody | None,
        versions: tuple[int, int],
    ) -> PackageState:
        info = spec.symbol.unit
        spec_frame = Frame(rt, None, info, [None] * spec.size)
        body_info = UnitInfo(info.owner, info.name, "PACKAGE BODY", definer=info.definer)
        body_frame = Frame(rt, spec_frame, body_info, [None] * (body.size if body else 0))
        state = PackageState(spec_frame, body_frame, versions)
        state.stateful = spec.stateful or (body is not None and body.stateful)
        state.checked = rt.catalog.version()
        if body is not None:
            state.implementations = body.implementations
        rt.packages[key] = state
        try:
            with as_owner(rt, info.owner if info.definer else None):
                _initialise(rt, spec_frame, spec.enter)
                if body is not None:
                    steps = [*body.enter]
                    if body.initialise is not None:
                        steps.append(body.initialise)
                    _initialise(rt, body_frame, steps)
        except OraError:
            rt.packages.pop(key, None)
            raise
        return state

    def _built_in_state(self, rt: Runtime, name: str) -> PackageState:
        spec = self._built_in_spec(rt, name)
        key = ("SYS", name)
        state = rt.packages.get(key)
        if state is None:
            state = self._instantiate(rt, key, spec, None, (0, 0))
        state.checked = rt.catalog.version()
        return state

    def standalone(self, rt: Runtime, owner: str, name: str, unit_type: str) -> Routine:
        """A stored subprogram to run."""
        key = (owner, name, unit_type)
        entry = self.entry(rt, key)
        if entry is None:
            raise _not_found(owner, name, unit_type.lower())
        routine: Routine = self._usable(rt, entry, key)
        return routine

    def trigger(self, rt: Runtime, owner: str, name: str) -> CompiledTrigger:
        """A trigger to fire; ORA-04098 when it has errors."""
        key = (owner, name, "TRIGGER")
        entry = self.entry(rt, key)
        if entry is None or not isinstance(entry.compilation.result, CompiledTrigger):
            raise OraError(4098, f"{owner}.{name}")
        return entry.compilation.result

    def block(self, rt: Runtime, text: str, types: Mapping[str, PlType]) -> CompiledBlock:
        """An anonymous block, compiled for these bind types; ORA-06550 with its errors."""
        context = rt.context
        shape = tuple((name, _shape(kind)) for name, kind in types.items())
        user = context.effective_user or context.user
        version = rt.catalog.version()
        key = (text, shape, context.current_schema, user, version,
               context.nls.get("PLSQL_CCFLAGS"))  # fmt: skip
        with self.mutex:
            found = self.blocks.get(key)
            if found is None:
                found = self._compile_block(rt, text, types)
                if len(self.blocks) >= MAX_BLOCKS:
                    self.blocks.pop(next(iter(self.blocks)))
                self.blocks[key] = found
        if found.errors:
            raise block_error(found.errors)
        result: CompiledBlock = found.result
        return result

    def _compile_block(self, rt: Runtime, text: str, types: Mapping[str, PlType]) -> Compilation:
        info = UnitInfo("", "__anonymous_block", "BLOCK", definer=False)
        try:
            unit = self.parse(rt, text, info)
            if unit.kind != "BLOCK":
                raise pls(unit.pos, 103, f'Encountered the symbol "{unit.kind}"')
            compiler = UnitCompiler(rt, self, info, text)
            return compiler.compilation(compiler.block_unit(unit, types))
        except CompileError as error:
            return Compilation(None, [UnitError(*error.pos, error.text)])


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


def _initialise(rt: Runtime, frame: Frame, steps: Sequence[Any]) -> None:
    try:
        for step in steps:
            step(frame)
    except OraError as error:
        rt.locate(error, frame)
        raise


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


def _shape(kind: PlType) -> object:
    return kind if not isinstance(kind, CollectionType) else (kind.how, kind.element)


def _called(owner: str, name: str) -> str:
    return f'ORA-06508: PL/SQL: could not find program unit being called: "{owner}.{name}"'


def _not_found(owner: str, name: str, what: str) -> OraError:
    error = OraError(4067, f'{what} "{owner}.{name}"')
    error.stack.append(_called(owner, name))
    return error


def _has_errors(key: Key) -> OraError:
    owner, name, kind = key
    error = OraError(4063, f'{kind.lower()} "{owner}.{name}"')
    error.stack.append(_called(owner, name))
    return error


def _discarded(owner: str, name: str, spec_changed: bool) -> OraError:
    what = "package" if spec_changed else "package body"
    error = OraError(4068, "")
    error.stack.extend(
        [
            f'ORA-04061: existing state of {what} "{owner}.{name}" has been invalidated',
            f'ORA-04065: not executed, altered or dropped {what} "{owner}.{name}"',
            _called(owner, name),
        ]
    )
    return error
