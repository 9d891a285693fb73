"""Names, types and expressions of the syntax tree.

Names follow the PL/SQL Language Reference 19c, "PL/SQL Language Elements".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dtm.plsql.lexer import Token

Pos = tuple[int, int]


# ------------------------------------------------------------------ names, types


@dataclass(slots=True)
class Ident:
    """One identifier; `name` as the dictionary holds it."""

    name: str
    pos: Pos
    quoted: bool = False


@dataclass(slots=True)
class Arg:
    """An actual parameter, `name => value` when named; `key => value` in a qualified expression of
    an associative array whose key is no mere name."""

    value: Expr
    name: str | None = None
    key: Expr | None = None


@dataclass(slots=True)
class Args:
    """A parenthesised list behind a name: parameters or an index."""

    args: list[Arg]
    pos: Pos


@dataclass(slots=True)
class Attribute:
    """%FOUND, %ROWCOUNT, ..."""

    name: str
    pos: Pos


@dataclass(slots=True)
class TypeRef:
    """A type as written. `path` is ("VARCHAR2",), ("PKG", "T"), ("EMP", "SAL") with suffix TYPE."""

    pos: Pos
    path: tuple[str, ...]
    numbers: tuple[int, ...] = ()
    char_used: bool | None = None
    suffix: str | None = None  # TYPE or ROWTYPE
    not_null: bool = False
    bounds: tuple[Expr, Expr] | None = None  # RANGE low .. high of a SUBTYPE
    sign_suffix: str = ""


# ------------------------------------------------------------------ expressions


@dataclass(slots=True)
class Literal:
    pos: Pos
    value: Any
    kind: str  # NUMBER, STRING, BOOLEAN, NULL, DATE, TIMESTAMP, INTERVAL, FLOAT, DOUBLE
    qualifier: str = ""  # of INTERVAL: "DAY TO SECOND"


@dataclass(slots=True)
class Ref:
    """A name with selectors: x, r.f, t(i).f, pkg.fn(a).g, c%FOUND, seq.NEXTVAL."""

    pos: Pos
    parts: list[Ident | Args | Attribute | Upcast]


@dataclass(slots=True)
class Bind:
    """:name or :name.field (a trigger's :NEW.x, an indicator)."""

    pos: Pos
    name: str
    member: str | None = None


@dataclass(slots=True)
class Unary:
    pos: Pos
    op: str  # - + NOT
    operand: Expr


@dataclass(slots=True)
class Binary:
    pos: Pos
    op: str
    left: Expr
    right: Expr


@dataclass(slots=True)
class IsTest:
    """IS [NOT] NULL, IS [NOT] EMPTY, IS [NOT] A SET."""

    pos: Pos
    operand: Expr
    what: str
    negated: bool


@dataclass(slots=True)
class Like:
    pos: Pos
    operand: Expr
    pattern: Expr
    escape: Expr | None
    negated: bool


@dataclass(slots=True)
class Between:
    pos: Pos
    operand: Expr
    low: Expr
    high: Expr
    negated: bool


@dataclass(slots=True)
class InList:
    pos: Pos
    operand: Expr
    items: list[Expr]
    negated: bool


@dataclass(slots=True)
class CaseExpr:
    pos: Pos
    selector: Expr | None
    whens: list[tuple[Expr, Expr]]
    otherwise: Expr | None


@dataclass(slots=True)
class Cast:
    pos: Pos
    operand: Expr
    type: TypeRef


@dataclass(slots=True)
class Extract:
    pos: Pos
    unit: str
    operand: Expr


@dataclass(slots=True)
class Trim:
    pos: Pos
    side: str  # BOTH, LEADING, TRAILING
    chars: Expr | None
    operand: Expr


@dataclass(slots=True)
class Upcast:
    """TREAT(operand AS type); with `exact` the (operand AS type) of a generalized invocation, whose
    methods are those of `type` itself."""

    pos: Pos
    operand: Expr
    type: TypeRef
    exact: bool = False


@dataclass(slots=True)
class IsOf:
    """IS [NOT] OF ([ONLY] type, ...)"""

    pos: Pos
    operand: Expr
    types: list[tuple[bool, TypeRef]]  # (ONLY, type)
    negated: bool


Expr = (
    Literal
    | Ref
    | Bind
    | Unary
    | Binary
    | IsTest
    | Like
    | Between
    | InList
    | CaseExpr
    | Cast
    | Extract
    | Trim
    | Upcast
    | IsOf
)


@dataclass(slots=True)
class SqlText:
    """A piece of SQL as written, INTO lists blanked out. `pos` is the place of its first character;
    `start` its offset in the source, so that an error offset gives a line and a column."""

    pos: Pos
    text: str
    start: int
    tokens: list[Token] = field(default_factory=list)  # INTO lists left out


@dataclass(slots=True)
class Into:
    targets: list[Expr]
    bulk: bool
    limit: Expr | None = None


@dataclass(slots=True)
class UsingArg:
    value: Expr
    mode: str
