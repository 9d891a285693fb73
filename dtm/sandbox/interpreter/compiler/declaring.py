"""Declarations and subprogram bodies.

PL/SQL Language Reference 19c, "PL/SQL Language Elements", "PL/SQL Subprograms".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dtm.sandbox.interpreter.compiler.dynamic import DynamicMixin
from dtm.sandbox.interpreter.compiler.symbols import (
    BadSymbol,
    ExceptionSymbol,
    Exec,
    Layout,
    RefusedSymbol,
    RoutineGroup,
    Run,
    Scope,
    TypeSymbol,
    Variable,
)
from dtm.sandbox.interpreter.convert import constraint
from dtm.sandbox.interpreter.raising import ExceptionId
from dtm.sandbox.interpreter.runtime import RETURN, Frame, Param, Routine
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.types import (
    CollectionType,
    CursorType,
    PlType,
    RecordField,
    RecordType,
    Scalar,
)
from dtm.sandbox.interpreter.values import Table
from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.kernel.types import Kind

Value = Any
_PRAGMAS = frozenset(
    {
        "RESTRICT_REFERENCES",
        "INLINE",
        "UDF",
        "COVERAGE",
        "DEPRECATE",
        "BUILTIN",
    }
)


class DeclarationMixin(DynamicMixin):
    """Compiles declarative parts."""

    package: tuple[str, str] | None = None  # while a specification is compiled
    serially_reusable = False  # a package whose state lasts for one call

    def declarations(self, decls: list[tree.Decl]) -> list[Exec]:
        steps: list[tuple[int, Exec]] = []
        for decl in decls:
            try:
                step = self.declare(decl)
            except CompileError as error:
                self.record(error, decl.pos, "Item")
                name = getattr(decl, "name", None)
                if name is not None and not isinstance(decl, tree.Pragma):
                    self.scope.symbols.setdefault(name, BadSymbol(name))
                continue
            except Unsupported as refusal:
                self._refused(decl, refusal)
                continue
            if step is not None:
                steps.append((decl.pos[0], step))
        self._compile_bodies(decls)
        return [_at_line(line, step) for line, step in steps]

    def _refused(self, decl: tree.Decl, refusal: Unsupported) -> None:
        """A declaration of a package that needs what the sandbox has not: its uses are refused."""
        name = getattr(decl, "name", None)
        if self.routine is not None or name is None:
            raise refusal
        self.postponed(refusal, decl.pos)
        self.scope.symbols.setdefault(name, RefusedSymbol(name, refusal))

    def declare(self, decl: tree.Decl) -> Exec | None:
        """One declaration: its symbol, and what to do when the block is entered."""
        named = not isinstance(decl, tree.Pragma | tree.SubprogramDecl)
        if named and decl.name in self.scope.symbols:
            raise pls(decl.pos, 371, decl.name)
        if isinstance(decl, tree.VarDecl):
            return self._variable(decl)
        if isinstance(decl, tree.CursorDecl):
            return self.declare_cursor(decl, self.package)
        if isinstance(decl, tree.SubprogramDecl):
            self.declare_subprogram(decl)
            return None
        if isinstance(decl, tree.Pragma):
            self._pragma(decl)
            return None
        if isinstance(decl, tree.ExceptionDecl):
            self.scope.symbols[decl.name] = ExceptionSymbol(decl.name, ExceptionId(decl.name))
            return None
        assert not isinstance(decl, tree.ObjectDecl)  # noqa: S101  (a unit of its own)
        self.scope.symbols[decl.name] = TypeSymbol(decl.name, self._type_decl(decl))
        return None

    # -------------------------------------------------------------- types, variables

    def _type_decl(
        self,
        decl: tree.SubtypeDecl | tree.RecordDecl | tree.CollectionDecl | tree.RefCursorDecl,
    ) -> PlType:
        if isinstance(decl, tree.SubtypeDecl):
            return self.type_of(decl.base)
        if isinstance(decl, tree.RefCursorDecl):
            row = None if decl.returns is None else self.type_of(decl.returns)
            if row is not None and not isinstance(row, RecordType):
                raise pls(decl.pos, 320)
            return CursorType(decl.name, row)
        if isinstance(decl, tree.CollectionDecl):
            return self.collection_type(decl)
        record = RecordType(decl.name)
        seen: set[str] = set()
        for field in decl.fields:
            if field.name in seen:
                raise pls(field.pos, 410)
            seen.add(field.name)
            record.fields.append(self._field_type(field))
        return record

    def _field_type(self, field: tree.FieldDecl) -> RecordField:
        kind = self.type_of(field.type, sized=True)
        default: Run | None = None
        if field.default is not None:
            default = self.converted(self.expression(field.default), kind, field.pos)
        elif field.not_null:
            raise pls(field.pos, 218)
        return RecordField(field.name, kind, default)

    def collection_type(self, decl: tree.CollectionDecl) -> CollectionType:
        """A collection type; keys are integers or strings."""
        element = self.type_of(decl.element, sized=True)
        index = None
        if decl.index is not None:
            found = self.type_of(decl.index, sized=True)
            allowed = (Kind.PLS_INTEGER, Kind.VARCHAR2)
            if not isinstance(found, Scalar) or found.kind not in allowed:
                raise pls(decl.pos, 315)
            index = found
        return CollectionType(decl.name, decl.kind, element, index, decl.limit)

    def _variable(self, decl: tree.VarDecl) -> Exec:
        kind = self.type_of(decl.type, sized=True)
        not_null = decl.not_null or (isinstance(kind, Scalar) and kind.not_null)
        if isinstance(kind, Scalar) and decl.not_null:
            kind = _not_null(kind)
        if decl.constant and decl.default is None:
            raise pls(decl.pos, 322, decl.name)
        if not_null and decl.default is None and isinstance(kind, Scalar):
            raise pls(decl.pos, 218)
        initial = self._initial(decl, kind)
        slot = self.layout.slot()
        self.scope.symbols[decl.name] = Variable(
            decl.name,
            kind,
            self.layout.level,
            slot,
            "CONSTANT" if decl.constant else "",
            self.package,
        )

        def enter(f: Frame) -> None:
            f.v[slot] = initial(f)

        return enter

    def _initial(self, decl: tree.VarDecl, kind: PlType) -> Run:
        if decl.default is None:
            return self.initial_value(kind)
        code = self.expression(decl.default)
        self.static_values[decl.name] = code.value if code.literal else None
        return self.converted(code, kind, decl.default.pos)

    @property
    def static_values(self) -> dict[str, Value]:
        """Values of constants with literal defaults, for conditional compilation."""
        found: dict[str, Value] = self.__dict__.setdefault("statics", {})
        return found

    def _pragma(self, decl: tree.Pragma) -> None:
        if decl.name == "EXCEPTION_INIT":
            self._exception_init(decl)
        elif decl.name == "AUTONOMOUS_TRANSACTION":
            if self.routine is None:
                raise pls(decl.pos, 710, decl.name)
            self.routine.autonomous = True
        elif decl.name == "SERIALLY_REUSABLE":
            self.serially_reusable = True
        elif decl.name not in _PRAGMAS:
            raise pls(decl.pos, 127, decl.name)

    def _exception_init(self, decl: tree.Pragma) -> None:
        if len(decl.args) != 2 or not isinstance(decl.args[0], tree.Ref):
            raise pls(decl.pos, 306, "EXCEPTION_INIT")
        name = decl.args[0].parts[0]
        symbol = self.scope.symbols.get(name.name) if isinstance(name, tree.Ident) else None
        if not isinstance(symbol, ExceptionSymbol):
            raise pls(decl.args[0].pos, 109, getattr(name, "name", "?"))
        code = self.expression(decl.args[1])
        number = code.value
        if not code.literal or not isinstance(number, int) or not (number < 0 or number == 100):
            raise pls(decl.args[1].pos, 701)
        symbol.identity.code = 1403 if number == 100 else -number

    # -------------------------------------------------------------- subprograms

    def declare_subprogram(self, decl: tree.SubprogramDecl) -> Routine:
        """The symbol of a subprogram; a body joins its forward declaration."""
        symbol = self.scope.symbols.get(decl.name)
        if isinstance(symbol, BadSymbol | RefusedSymbol):
            symbol = None  # another overload has an error: that one is reported
        if symbol is not None and not isinstance(symbol, RoutineGroup):
            raise pls(decl.pos, 371, decl.name)
        routine = self.signature_of(decl)
        if symbol is None:
            symbol = RoutineGroup(decl.name, level=self.layout.level)
            symbol.package = self.package
            self.scope.symbols[decl.name] = symbol
        for index, other in enumerate(symbol.routines):
            if other.same_signature(routine):
                forward = symbol.declarations[index]
                if forward.body is None and decl.body is not None:
                    symbol.declarations[index] = decl
                    self._routines[id(decl)] = other
                    return other
                raise pls(decl.pos, 305, decl.name)
        routine.key = (decl.name, len(symbol.routines))
        symbol.routines.append(routine)
        symbol.declarations.append(decl)
        if symbol.places or len(symbol.routines) == 1:
            symbol.places.append(decl.pos)
        self._routines[id(decl)] = routine
        return routine

    @property
    def _routines(self) -> dict[int, Routine]:
        found: dict[int, Routine] = self.__dict__.setdefault("declared_routines", {})
        return found

    def signature_of(self, decl: tree.SubprogramDecl) -> Routine:
        """Parameters and result."""
        params: list[Param] = []
        seen: set[str] = set()
        for param in decl.params:
            if param.name in seen:
                raise pls(param.pos, 410)
            seen.add(param.name)
            kind = unconstrained(self.type_of(param.type), param.type)
            default = None
            if param.default is not None:
                default = self.converted(self.expression(param.default), kind, param.pos)
            params.append(Param(param.name, kind, param.mode, default, nocopy=param.nocopy))
        returns = None
        if decl.returns is not None:
            returns = unconstrained(self.type_of(decl.returns), decl.returns)
        routine = Routine(decl.name, params, returns, self.unit)
        routine.level = self.layout.level + 1
        routine.entry_line = decl.pos[0]
        routine.options = tuple(decl.options)
        routine.pipelined = "PIPELINED" in decl.options
        routine.home = self.package
        return routine

    def _compile_bodies(self, decls: list[tree.Decl]) -> None:
        """After all declarations, so that bodies see what stands behind them."""
        for decl in decls:
            if isinstance(decl, tree.SubprogramDecl) and decl.body is not None:
                routine = self._routines.get(id(decl))
                if routine is not None:
                    self.subprogram_body(decl, routine)
        for symbol in list(self.scope.symbols.values()):
            if isinstance(symbol, RoutineGroup) and self.package is None:
                for declaration in symbol.declarations:
                    if declaration.body is None:
                        self.record(self.missing_body(declaration))

    def missing_body(self, declaration: tree.SubprogramDecl) -> CompileError:
        """The error of a declaration without a definition."""
        return pls(declaration.pos, 328, declaration.name)

    def subprogram_body(self, decl: tree.SubprogramDecl, routine: Routine) -> None:
        """Compile a body into `routine.run`."""
        body = decl.body
        assert body is not None  # noqa: S101
        outer = (self.scope, self.layout, self.routine, self.loops, self.labels, self.handlers)
        self.scope = Scope(self.scope, "subprogram", decl.name)
        self.layout = Layout(self.layout.level + 1, len(routine.params))
        self.routine, self.loops, self.labels, self.handlers = routine, [], [], 0
        try:
            for slot, param in enumerate(routine.params):
                self.scope.symbols[param.name] = Variable(
                    param.name, param.type, self.layout.level, slot, param.mode
                )
            enter = self.declarations(body.decls)
            statements = self.handled(self.statements(body.body), body.handlers)
            routine.size = self.layout.size
            routine.run = _body_runner(routine, enter, statements)
        except Unsupported as refusal:  # in a declaration
            routine.run = self.postponed(refusal, decl.pos)
        finally:
            (self.scope, self.layout, self.routine, self.loops, self.labels, self.handlers) = outer


def _at_line(line: int, step: Exec) -> Exec:
    def enter(f: Frame) -> object:
        f.line = line
        return step(f)

    return enter


def _not_null(kind: Scalar) -> Scalar:
    return Scalar(kind.ora, True, kind.low, kind.high, kind.wraps)


def unconstrained(kind: PlType, ref: tree.TypeRef) -> PlType:
    """Parameters do not take the constraints of columns (%TYPE of a column, or of a variable
    declared so); those of subtypes stay. Language Reference, "Formal Parameters of Constrained
    Subtypes"."""
    if ref.suffix != "TYPE" or not isinstance(kind, Scalar):
        return kind
    ora = replace(kind.ora, length=None, precision=None, scale=None)
    if kind.kind in (Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ):
        ora = kind.ora
    return Scalar(ora, kind.not_null, kind.low, kind.high, kind.wraps)


def _body_runner(
    routine: Routine, enter: list[Exec], statements: Exec
) -> Callable[[Frame], object]:
    checks = [
        (slot, check)
        for slot, param in enumerate(routine.params)
        if param.mode != "OUT" and isinstance(param.type, Scalar)
        and (param.type.not_null or param.type.low is not None)
        and (check := constraint(param.type)) is not None
    ]  # fmt: skip
    is_function = routine.returns is not None and not routine.pipelined
    pipelined = routine.returns if routine.pipelined else None

    def run(f: Frame) -> None:
        for slot, check in checks:
            f.v[slot] = check(f.v[slot])
        if isinstance(pipelined, CollectionType):
            f.ret = Table(pipelined)
        for step in enter:
            step(f)
        signal = statements(f)
        if is_function and signal is not RETURN:
            raise OraError(6503)

    return run
