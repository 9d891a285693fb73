"""The compiler's state: where it is, what it may see, what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from dtm.sandbox.interpreter.compiler.symbols import (
    Code,
    Layout,
    PackageSymbol,
    Place,
    Run,
    Scope,
    Symbol,
    Variable,
)
from dtm.sandbox.interpreter.convert import Convert, Mismatch, conversion_to
from dtm.sandbox.interpreter.runtime import Frame, LoopSignal, Routine, Runtime, UnitInfo
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.syntax.tree import Args, Attribute, Expr, Pos, Ref, TypeRef
from dtm.sandbox.interpreter.types import PlType
from dtm.sandbox.kernel.errors import Unsupported
from dtm.sandbox.kernel.ports import CatalogPort, UnitError

Value = Any


class Resolver(Protocol):
    """Other units, as the compiler needs them. Errors are CompileErrors at `pos`."""

    def package_symbol(self, rt: Runtime, owner: str, name: str, pos: Pos) -> PackageSymbol: ...
    def built_in(self, rt: Runtime, name: str) -> PackageSymbol | None: ...
    def signature(
        self, rt: Runtime, owner: str, name: str, unit_type: str, pos: Pos
    ) -> Routine: ...
    def schema_type(self, rt: Runtime, owner: str, name: str, pos: Pos) -> PlType: ...


@dataclass(slots=True)
class LoopContext:
    """A loop around the code being compiled."""

    label: str | None
    leave: LoopSignal = field(default_factory=lambda: LoopSignal(again=False))
    again: LoopSignal = field(default_factory=lambda: LoopSignal(again=True))


@dataclass(slots=True)
class BlockBinds:
    """The :binds of an anonymous block: name -> slot; which ones the block assigns."""

    types: dict[str, PlType]
    slots: dict[str, int] = field(default_factory=dict)
    assigned: set[str] = field(default_factory=set)


class Base:
    """State and helpers every part of the compiler uses."""

    def __init__(self, rt: Runtime, resolver: Resolver, unit: UnitInfo, source: str) -> None:
        self.rt = rt
        self.resolver = resolver
        self.unit = unit
        self.source = source
        self.scope = Scope(None, "unit")
        self.layout = Layout(0)
        self.routine: Routine | None = None  # whose body is being compiled
        self.loops: list[LoopContext] = []
        self.labels: list[set[str]] = []  # statement labels GOTO may reach
        self.handlers = 0  # handlers around the code being compiled
        self.errors: list[UnitError] = []
        self.warnings: list[UnitError] = []  # what the sandbox has not, met when it runs
        self.depends: set[tuple[str, str, str]] = set()
        self.uses: dict[tuple[str, str], set[str]] = {}  # what of a table or view (mentions.py)
        self.binds: BlockBinds | None = None
        self.pseudo: dict[str, Place] = {}  # :NEW.X and :OLD.X of a trigger
        self.unit_loop_level = 0

    # -------------------------------------------------------------- errors

    def record(self, error: CompileError, statement: Pos | None = None, what: str = "") -> None:
        """Add an error, with Oracle's second line for the statement or item around it."""
        entry = UnitError(error.pos[0], error.pos[1], error.text)
        if entry not in self.errors:
            self.errors.append(entry)
        if statement is not None:
            ignored = UnitError(statement[0], statement[1], f"PL/SQL: {what} ignored")
            if ignored not in self.errors:
                self.errors.append(ignored)

    def postponed(self, refusal: Unsupported, statement: Pos) -> Callable[[Frame], NoReturn]:
        """What stands for code the sandbox cannot do: in a stored unit the refusal comes when the
        code is reached, so that the rest of the unit is of use; USER_ERRORS has a warning."""
        if self.unit.type == "BLOCK" or self.unit.owner == "SYS":
            raise refusal
        text = f"{refusal.message} (refused when it runs)"
        self.warnings.append(UnitError(statement[0], statement[1], text, "WARNING"))
        number, construct, place = refusal.number, refusal.construct, refusal.place

        def refuse(_f: Frame) -> NoReturn:
            raise Unsupported(number, construct, *place)

        return refuse

    def depend_on_columns(self, found: tuple[str, str, str], columns: Iterable[str]) -> None:
        """The unit uses these columns of a table or view."""
        self.depends.add(found)
        self.uses.setdefault(found[:2], set()).update(columns)

    def wrong(self, pos: Pos, number: int, *args: object) -> NoReturn:
        """Raise a PLS error."""
        raise pls(pos, number, *args)

    # -------------------------------------------------------------- frames

    @property
    def catalog(self) -> CatalogPort:
        return self.rt.catalog

    @property
    def schema(self) -> str:
        """Where unqualified names of schema objects are looked up."""
        return self.unit.owner or self.rt.context.current_schema

    def frame_getter(self, level: int) -> Callable[[Frame], Frame]:
        """How code of the current subprogram finds the frame at `level`."""
        hops = self.layout.level - level
        if hops == 0:
            return lambda f: f
        if hops == 1:
            return lambda f: f.up
        if hops == 2:
            return lambda f: f.up.up

        def far(f: Frame) -> Frame:
            for _ in range(hops):
                f = f.up
            return f

        return far

    def slot_loader(self, level: int, slot: int) -> Run:
        """Read a slot of the frame at `level`."""
        hops = self.layout.level - level
        if hops == 0:
            return lambda f: f.v[slot]
        if hops == 1:
            return lambda f: f.up.v[slot]
        if hops == 2:
            return lambda f: f.up.up.v[slot]
        frame = self.frame_getter(level)
        return lambda f: frame(f).v[slot]

    def slot_storer(self, level: int, slot: int) -> Callable[[Frame, Value], None]:
        """Write a slot of the frame at `level`."""
        hops = self.layout.level - level
        if hops == 0:

            def store_here(f: Frame, value: Value) -> None:
                f.v[slot] = value

            return store_here
        frame = self.frame_getter(level)

        def store(f: Frame, value: Value) -> None:
            frame(f).v[slot] = value

        return store

    def variable_place(self, variable: Variable) -> Place:
        """Access to a declared variable or parameter."""
        slot = variable.slot
        if variable.package is not None:
            owner, name = variable.package

            def load(f: Frame) -> Value:
                return f.rt.package(owner, name).spec.v[slot]

            def store(f: Frame, value: Value) -> None:
                f.rt.package(owner, name).spec.v[slot] = value

            place = Place(variable.type, load, store)
        else:
            place = Place(
                variable.type,
                self.slot_loader(variable.level, slot),
                self.slot_storer(variable.level, slot),
            )
            if variable.level == self.layout.level:
                place.slot = slot
        place.text = variable.name
        if variable.mode in ("CONSTANT", "IN", "LOOP"):
            place.store = None
            place.problem = 363
        return place

    # -------------------------------------------------------------- conversions

    def converted(self, code: Code, target: PlType, pos: Pos, call: str | None = None) -> Run:
        """Code that gives its value as `target`; PLS-00382 when there is no conversion, or
        PLS-00306 when it is an argument of `call`."""
        convert = self.conversion(code.type, target, pos, call)
        run = code.run
        if convert is None:
            return run
        return lambda f: convert(f.rt.env, run(f))

    def conversion(
        self, source: PlType, target: PlType, pos: Pos, call: str | None = None
    ) -> Convert | None:
        """The conversion of an assignment or an argument."""
        try:
            return conversion_to(source, target)
        except Mismatch:
            if call is not None:
                raise pls(pos, 306, call) from None
            raise pls(pos, 382) from None

    # -------------------------------------------------------------- other parts

    def expression(self, expr: Expr) -> Code:
        """Compile an expression."""
        raise NotImplementedError

    def call(self, group: Any, args: Args | None, pos: Pos, *, statement: bool = False) -> Code:
        """Compile a call of an overloaded subprogram."""
        raise NotImplementedError

    def construct(self, pl_type: PlType, args: Args, pos: Pos) -> Code:
        """Compile a collection constructor or a qualified expression."""
        raise NotImplementedError

    def method(
        self, place: Place, name: str, args: Args | None, pos: Pos, *, statement: bool
    ) -> Code:
        """Compile a collection method."""
        raise NotImplementedError

    def cursor_attribute(self, thing: Any, attribute: Attribute) -> Code:
        """Compile cursor%FOUND and its kin."""
        raise NotImplementedError

    def sql_attribute(self, ref: Ref) -> tuple[Code, int]:
        """Compile SQL%ROWCOUNT and its kin; how many parts of the reference it took."""
        raise NotImplementedError

    def function_call(self, name: str, args: Args | None, pos: Pos) -> Code | None:
        """Compile a built-in function; None when there is none of that name."""
        raise NotImplementedError

    def standard(self, name: str, args: Args | None, pos: Pos) -> Code | None:
        """Compile SQLCODE, SQLERRM and what else only PL/SQL has."""
        raise NotImplementedError

    def sequence(self, owner: str, name: str, what: str, pos: Pos) -> Code:
        """Compile sequence.NEXTVAL."""
        raise NotImplementedError

    def place(self, expr: Expr) -> Place:
        """Compile something assignable."""
        raise NotImplementedError

    def type_of(self, ref: TypeRef) -> PlType:
        """Resolve a type."""
        raise NotImplementedError

    def global_symbol(self, path: list[str], pos: Pos) -> tuple[Symbol, int] | None:
        """A schema object or built-in package that a path begins with."""
        raise NotImplementedError
