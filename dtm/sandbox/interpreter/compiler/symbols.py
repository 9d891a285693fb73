"""Names of a PL/SQL program and the scopes that hold them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from dtm.sandbox.interpreter.raising import ExceptionId
from dtm.sandbox.interpreter.runtime import Frame, Routine, UnitInfo
from dtm.sandbox.interpreter.syntax.tree import Param as ParamNode
from dtm.sandbox.interpreter.syntax.tree import Pos, SqlText, SubprogramDecl, TypeRef
from dtm.sandbox.interpreter.types import ObjectType, PlType, RecordType
from dtm.sandbox.kernel.errors import OraError, Unsupported

Value = Any
Run = Callable[[Frame], Value]
Exec = Callable[[Frame], object]  # None, or a signal: RETURN, LoopSignal, GotoSignal


class Layout:
    """Slots of one frame; `level`: how many frames are around it."""

    def __init__(self, level: int, size: int = 0) -> None:
        self.level = level
        self.size = size

    def slot(self) -> int:
        """A new slot."""
        self.size += 1
        return self.size - 1


@dataclass(slots=True, eq=False)
class Variable:
    """`mode`: "" of a variable, CONSTANT, LOOP, or a parameter's IN, OUT, IN OUT.
    `package`: (owner, name) when it belongs to a specification; it is then reached through it."""

    name: str
    type: PlType
    level: int
    slot: int
    mode: str = ""
    package: tuple[str, str] | None = None


@dataclass(slots=True, eq=False)
class TypeSymbol:
    name: str
    type: PlType


@dataclass(slots=True, eq=False)
class ExceptionSymbol:
    name: str
    identity: ExceptionId


@dataclass(slots=True, eq=False)
class CursorSymbol:
    """An explicit cursor; `open_on(f, arguments)` runs its query on the declaring frame."""

    name: str
    level: int
    slot: int
    params: list[ParamNode]
    query: SqlText | None
    row: RecordType | None = None
    package: tuple[str, str] | None = None
    routine: Routine | None = None  # runs the query: parameters in, rows out
    for_update: bool = False
    returns: TypeRef | None = None


@dataclass(slots=True, eq=False)
class RoutineGroup:
    """Overloads of one name in one scope, with their declarations. Of methods: `own` is SELF as an
    actual parameter (calls.Actual), `exact` forbids dynamic dispatch, `methods` marks a group in
    the scope of a type body."""

    name: str
    routines: list[Routine] = field(default_factory=list)
    declarations: list[SubprogramDecl] = field(default_factory=list)
    package: tuple[str, str] | None = None
    level: int = 0  # of the frame around them
    own: Any = None
    exact: bool = False
    methods: bool = False
    places: list[Pos] = field(default_factory=list)  # of declarations in this unit, as `routines`

    def known_at(self, pos: Pos) -> bool:
        """Is one of the overloads declared before this place? The first is the earliest."""
        return not self.places or self.places[0] < pos


@dataclass(slots=True, eq=False)
class AttributeSymbol:
    """An attribute of the object type whose method is compiled."""

    name: str
    type: PlType


@dataclass(slots=True, eq=False)
class ObjectMethod:
    """A method of an object type. `home`: the type whose body has it; `index`: its dispatch number
    among the methods, the same in subtypes."""

    routine: Routine
    kind: str  # MEMBER, STATIC, CONSTRUCTOR
    role: str  # MAP, ORDER or ""
    words: frozenset[str]
    home: ObjectType
    index: int = 0


@dataclass(slots=True, eq=False)
class LabelSymbol:
    """A block label or subprogram name that qualifies the names declared there."""

    name: str
    scope: Scope

    def member(self, name: str) -> Symbol | None:
        """A name declared there; a package body's include its specification's."""
        symbol = self.scope.symbols.get(name)
        if symbol is None and self.scope.kind == "body" and self.scope.parent is not None:
            return self.scope.parent.symbols.get(name)
        return symbol


@dataclass(slots=True, eq=False)
class PackageSymbol:
    """A package specification: its members by name."""

    unit: UnitInfo
    members: dict[str, Symbol]

    def member(self, name: str) -> Symbol | None:
        """A public name."""
        symbol = self.members.get(name)
        if isinstance(symbol, RefusedSymbol):
            symbol.refuse()
        return symbol


@dataclass(slots=True, eq=False)
class BadSymbol:
    """A declaration that failed; uses of it give PLS-00320."""

    name: str


@dataclass(slots=True, eq=False)
class RefusedSymbol:
    """A declaration that needs what the sandbox has not; uses of it are refused."""

    name: str
    refusal: Unsupported

    def refuse(self) -> NoReturn:
        raise Unsupported(self.refusal.number, self.refusal.construct, *self.refusal.place)


Symbol = (
    Variable
    | TypeSymbol
    | ExceptionSymbol
    | CursorSymbol
    | RoutineGroup
    | AttributeSymbol
    | LabelSymbol
    | PackageSymbol
    | BadSymbol
    | RefusedSymbol
)


class Scope:
    """A declarative region. `kind`: spec, body, subprogram, block, loop."""

    def __init__(self, parent: Scope | None, kind: str, name: str | None = None) -> None:
        self.parent = parent
        self.kind = kind
        self.name = name
        self.symbols: dict[str, Symbol] = {}

    def find(self, name: str) -> Symbol | None:
        """The innermost declaration of a name; a scope's own name qualifies what is in it."""
        scope: Scope | None = self
        while scope is not None:
            symbol = scope.symbols.get(name)
            if isinstance(symbol, RefusedSymbol):
                symbol.refuse()
            if symbol is not None:
                return symbol
            if scope.name == name:
                return LabelSymbol(name, scope)
            scope = scope.parent
        return None


@dataclass(slots=True)
class Code:
    """A compiled expression. A literal keeps its value."""

    run: Run
    type: PlType
    literal: bool = False
    value: Value = None


@dataclass(slots=True)
class Place:
    """Something that can be read and perhaps assigned. `reach` reads it in order to change a part
    of it (elements of associative arrays come into being). `problem`: PLS number of assigning."""

    type: PlType
    load: Run
    store: Callable[[Frame, Value], None] | None = None
    reach: Run | None = None
    problem: int = 363
    refusal: OraError | None = None  # what assigning raises instead
    text: str = ""
    slot: int | None = None  # of a variable of the running subprogram itself
    exact: bool = False  # (object AS type): methods are not dispatched
