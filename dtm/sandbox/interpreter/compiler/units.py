"""Whole units: packages, stored subprograms, anonymous blocks, triggers, collection types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dtm.sandbox.interpreter.compiler.base import BlockBinds, Resolver
from dtm.sandbox.interpreter.compiler.symbols import (
    CursorSymbol,
    ExceptionSymbol,
    Exec,
    Layout,
    PackageSymbol,
    Place,
    RoutineGroup,
    Run,
    Scope,
    Symbol,
    Variable,
)
from dtm.sandbox.interpreter.compiler.triggerunits import TriggerUnitMixin
from dtm.sandbox.interpreter.raising import PREDEFINED, ExceptionId
from dtm.sandbox.interpreter.runtime import (
    Frame,
    Param,
    Routine,
    RoutineKey,
    Runtime,
    UnitInfo,
)
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.types import CollectionType, ObjectType, PlType
from dtm.sandbox.kernel.ports import UnitError
from dtm.sandbox.kernel.types import Kind, OraType

Value = Any


_ANY = OraType(Kind.NULL)


def _standard_scope() -> Scope:
    scope = Scope(None, "standard")
    for name, code in PREDEFINED.items():
        scope.symbols[name] = ExceptionSymbol(name, ExceptionId(name, code))
    return scope


STANDARD = _standard_scope()


@dataclass(slots=True, eq=False)
class CompiledSpec:
    """A package specification."""

    symbol: PackageSymbol
    scope: Scope
    size: int
    enter: list[Exec]
    routines: list[Routine]
    declarations: dict[Routine, tree.SubprogramDecl]
    statics: dict[str, Value]
    stateful: bool
    serially_reusable: bool


@dataclass(slots=True, eq=False)
class CompiledBody:
    """A package body: `implementations` maps routines of the specification to its own."""

    size: int
    enter: list[Exec]
    initialise: Exec | None
    implementations: dict[RoutineKey, Routine]
    stateful: bool


@dataclass(slots=True, eq=False)
class CompiledBlock:
    """An anonymous block."""

    routine: Routine
    slots: dict[str, int]
    assigned: frozenset[str]


@dataclass(slots=True)
class Compilation:
    """What compiling a unit gave: the result (None with errors), errors, dependencies."""

    result: Any
    errors: list[UnitError] = field(default_factory=list)
    depends: set[tuple[str, str, str]] = field(default_factory=set)
    warnings: list[UnitError] = field(default_factory=list)
    uses: dict[tuple[str, str], set[str]] = field(default_factory=dict)


class UnitCompiler(TriggerUnitMixin):
    """Compiles one unit."""

    def __init__(self, rt: Runtime, resolver: Resolver, unit: UnitInfo, source: str) -> None:
        super().__init__(rt, resolver, unit, source)
        self.scope = Scope(STANDARD, "unit")
        self.spec_declarations: set[int] = set()

    def compilation(self, result: Any) -> Compilation:
        """The outcome."""
        return Compilation(
            None if self.errors else result,
            self.errors,
            self.depends,
            self.warnings,
            self.uses,
        )

    # -------------------------------------------------------------- packages

    def spec(self, unit: tree.Unit) -> CompiledSpec:
        """A package specification."""
        self.package = (self.unit.owner, self.unit.name)
        self.scope = Scope(STANDARD, "spec", unit.name)
        enter = self.declarations(unit.decls)
        routines: list[Routine] = []
        declarations: dict[Routine, tree.SubprogramDecl] = {}
        for symbol in self.scope.symbols.values():
            if isinstance(symbol, RoutineGroup):
                routines.extend(symbol.routines)
                declarations.update(zip(symbol.routines, symbol.declarations, strict=True))
        for decl in unit.decls:
            if isinstance(decl, tree.SubprogramDecl) and decl.body is not None:
                self.record(pls(decl.pos, 103, 'Encountered the symbol "IS"'))
        symbol_of = PackageSymbol(self.unit, self.scope.symbols)
        return CompiledSpec(
            symbol_of,
            self.scope,
            self.layout.size,
            enter,
            routines,
            declarations,
            self.static_values,
            _stateful(self.scope),
            self.serially_reusable,
        )

    def body(self, unit: tree.Unit, spec: CompiledSpec) -> CompiledBody:
        """A package body, under its specification's names."""
        outer = Scope(STANDARD, "spec", unit.name)
        for name, symbol in spec.scope.symbols.items():
            outer.symbols[name] = _from_inside(symbol)
        self.layout = Layout(1)
        self.scope = Scope(outer, "body", unit.name)
        own: dict[RoutineKey, Routine] = {}
        for symbol in spec.scope.symbols.values():
            if isinstance(symbol, RoutineGroup):
                self.scope.symbols[symbol.name] = self._expected(symbol, own)
        enter = self.declarations(unit.decls)
        initialise = None
        if unit.block is not None:
            initialise = self.handled(self.statements(unit.block.body), unit.block.handlers)
        return CompiledBody(self.layout.size, enter, initialise, own, _stateful(self.scope))

    def _expected(self, symbol: RoutineGroup, own: dict[RoutineKey, Routine]) -> RoutineGroup:
        """The specification's subprograms as forward declarations of the body."""
        group = RoutineGroup(symbol.name, level=1)
        for routine, declaration in zip(symbol.routines, symbol.declarations, strict=True):
            params = [
                Param(p.name, p.type, p.mode, _from_body(p.default), nocopy=p.nocopy)
                for p in routine.params
            ]
            expected = Routine(routine.name, params, routine.returns, self.unit)
            expected.level = 2
            expected.options = routine.options
            expected.pipelined = routine.pipelined
            expected.key = routine.key
            own[routine.key] = expected
            group.routines.append(expected)
            group.declarations.append(declaration)
            self.spec_declarations.add(id(declaration))
        return group

    def missing_body(self, declaration: tree.SubprogramDecl) -> CompileError:
        if id(declaration) in self.spec_declarations:
            return pls(declaration.pos, 323, declaration.name)
        return super().missing_body(declaration)

    # -------------------------------------------------------------- subprograms, blocks

    def standalone(self, unit: tree.Unit) -> Routine:
        """A stored procedure or function; its frame has none around it."""
        decl = unit.subprogram
        assert decl is not None  # noqa: S101
        self.layout = Layout(-1)
        routine = self.signature_of(decl)
        routine.home = None
        group = RoutineGroup(decl.name, [routine], [decl], level=-1)
        self.scope.symbols[decl.name] = group
        self.subprogram_body(decl, routine)
        return routine

    def block_unit(self, unit: tree.Unit, types: Mapping[str, PlType]) -> CompiledBlock:
        """An anonymous block with its binds."""
        block = unit.block
        assert block is not None  # noqa: S101
        self.binds = BlockBinds(dict(types))
        routine = Routine(unit.name, [], None, self.unit)
        self.routine = routine
        self.layout = Layout(0)
        self.binds.slots = {name: self.layout.slot() for name in types}
        routine.run = _runner(self.block(block))
        routine.entry_line = block.pos[0]
        routine.size = self.layout.size
        return CompiledBlock(routine, self.binds.slots, frozenset(self.binds.assigned))

    def bind_place(self, bind: tree.Bind) -> Place:
        if self.trigger is not None:
            return self.pseudo_place(bind)
        binds = self.binds
        if binds is None:
            raise pls(bind.pos, 49, bind.name)
        if bind.name not in binds.types:
            raise pls(bind.pos, 49, bind.name)
        slot = binds.slots[bind.name]
        kind = binds.types[bind.name]
        return Place(kind, self.slot_loader(0, slot), self.slot_storer(0, slot), text=bind.name)

    def assigned_bind(self, bind: tree.Bind) -> None:
        """The block may assign this bind."""
        if self.binds is not None:
            self.binds.assigned.add(bind.name)

    # -------------------------------------------------------------- triggers, types

    def type_unit(self, unit: tree.Unit, unfinished: ObjectType) -> CollectionType | ObjectType:
        """CREATE TYPE name AS TABLE OF / VARRAY(n) OF ... / OBJECT, or UNDER another."""
        decl = unit.decls[0]
        if isinstance(decl, tree.ObjectDecl):
            return self.object_type(decl, unfinished)
        assert isinstance(decl, tree.CollectionDecl)  # noqa: S101
        found = self.collection_type(decl)
        found.owner = self.unit.owner
        return found


def _runner(body: Exec) -> Callable[[Frame], object]:
    def run(f: Frame) -> None:
        body(f)

    return run


def _from_body(default: Run | None) -> Run | None:
    """A default of the specification, run on the specification's frame from the body's."""
    if default is None:
        return None
    inner = default
    return lambda f: inner(f.up)


def _from_inside(symbol: Symbol) -> Symbol:
    """A name of the specification as the body reaches it: one frame up."""
    if isinstance(symbol, Variable):
        return Variable(symbol.name, symbol.type, 0, symbol.slot, symbol.mode)
    if isinstance(symbol, CursorSymbol):
        return CursorSymbol(
            symbol.name,
            0,
            symbol.slot,
            symbol.params,
            symbol.query,
            symbol.row,
            None,
            symbol.routine,
            symbol.for_update,
            symbol.returns,
        )
    return symbol


def _stateful(scope: Scope) -> bool:
    return any(
        isinstance(symbol, CursorSymbol)
        or (isinstance(symbol, Variable) and symbol.mode != "CONSTANT")
        for symbol in scope.symbols.values()
    )
