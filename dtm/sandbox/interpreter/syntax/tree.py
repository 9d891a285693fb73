"""The syntax tree of PL/SQL. Every node knows its place: (line, column), from 1.

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
    """An actual parameter, `name => value` when named."""

    value: Expr
    name: str | None = None


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
    parts: list[Ident | Args | Attribute]


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
)


# ------------------------------------------------------------------ declarations


@dataclass(slots=True)
class VarDecl:
    pos: Pos
    name: str
    type: TypeRef
    constant: bool
    not_null: bool
    default: Expr | None


@dataclass(slots=True)
class SubtypeDecl:
    pos: Pos
    name: str
    base: TypeRef


@dataclass(slots=True)
class FieldDecl:
    pos: Pos
    name: str
    type: TypeRef
    not_null: bool
    default: Expr | None


@dataclass(slots=True)
class RecordDecl:
    pos: Pos
    name: str
    fields: list[FieldDecl]


@dataclass(slots=True)
class CollectionDecl:
    """`kind`: ASSOC, NESTED or VARRAY."""

    pos: Pos
    name: str
    kind: str
    element: TypeRef
    index: TypeRef | None = None
    limit: int | None = None


@dataclass(slots=True)
class RefCursorDecl:
    pos: Pos
    name: str
    returns: TypeRef | None


@dataclass(slots=True)
class Param:
    pos: Pos
    name: str
    mode: str  # IN, OUT, IN OUT
    nocopy: bool
    type: TypeRef
    default: Expr | None


@dataclass(slots=True)
class CursorDecl:
    pos: Pos
    name: str
    params: list[Param]
    returns: TypeRef | None
    query: SqlText | None


@dataclass(slots=True)
class ExceptionDecl:
    pos: Pos
    name: str


@dataclass(slots=True)
class Pragma:
    pos: Pos
    name: str
    args: list[Expr]


@dataclass(slots=True)
class SubprogramDecl:
    """A header, with its body unless it is only declared."""

    pos: Pos
    kind: str  # PROCEDURE or FUNCTION
    name: str
    params: list[Param]
    returns: TypeRef | None
    options: list[str]
    body: Block | None = None


Decl = (
    VarDecl
    | SubtypeDecl
    | RecordDecl
    | CollectionDecl
    | RefCursorDecl
    | CursorDecl
    | ExceptionDecl
    | Pragma
    | SubprogramDecl
)


# ------------------------------------------------------------------ statements


@dataclass(slots=True)
class SqlText:
    """A piece of SQL as written, INTO lists blanked out. `pos` is the place of its first character;
    `start` its offset in the source, so that an error offset gives a line and a column."""

    pos: Pos
    text: str
    start: int
    tokens: list[Token] = field(default_factory=list)  # INTO lists left out


@dataclass(slots=True)
class Null:
    pos: Pos


@dataclass(slots=True)
class Label:
    pos: Pos
    name: str


@dataclass(slots=True)
class Assign:
    pos: Pos
    target: Expr
    value: Expr


@dataclass(slots=True)
class Call:
    pos: Pos
    target: Ref


@dataclass(slots=True)
class If:
    pos: Pos
    branches: list[tuple[Expr, list[Stmt]]]
    otherwise: list[Stmt] | None


@dataclass(slots=True)
class Case:
    pos: Pos
    selector: Expr | None
    whens: list[tuple[Expr, list[Stmt]]]
    otherwise: list[Stmt] | None


@dataclass(slots=True)
class Loop:
    """LOOP and WHILE."""

    pos: Pos
    condition: Expr | None
    body: list[Stmt]
    label: str | None = None


@dataclass(slots=True)
class ForRange:
    pos: Pos
    name: str
    low: Expr
    high: Expr
    reverse: bool
    body: list[Stmt]
    label: str | None = None


@dataclass(slots=True)
class ForCursor:
    """FOR r IN (query) or FOR r IN cursor [(args)]."""

    pos: Pos
    name: str
    query: SqlText | None
    cursor: Ref | None
    body: list[Stmt]
    label: str | None = None


@dataclass(slots=True)
class Exit:
    """EXIT or CONTINUE [label] [WHEN condition]."""

    pos: Pos
    again: bool
    label: str | None
    condition: Expr | None


@dataclass(slots=True)
class Goto:
    pos: Pos
    label: str


@dataclass(slots=True)
class Return:
    pos: Pos
    value: Expr | None


@dataclass(slots=True)
class Raise:
    pos: Pos
    exception: Ref | None


@dataclass(slots=True)
class PipeRow:
    pos: Pos
    value: Expr


@dataclass(slots=True)
class Handler:
    """`names` is empty for WHEN OTHERS."""

    pos: Pos
    names: list[Ref]
    body: list[Stmt]


@dataclass(slots=True)
class Block:
    pos: Pos
    decls: list[Decl]
    body: list[Stmt]
    handlers: list[Handler]
    end: Pos
    label: str | None = None


@dataclass(slots=True)
class Into:
    targets: list[Expr]
    bulk: bool
    limit: Expr | None = None


@dataclass(slots=True)
class Sql:
    """A static SQL statement.

    `record` is the variable of INSERT ... VALUES record or UPDATE ... SET ROW = record, and
    `record_span` what it takes in `sql.text` (for SET ROW: from ROW on)."""

    pos: Pos
    kind: str  # SELECT, INSERT, UPDATE, DELETE, MERGE, LOCK, SET TRANSACTION
    sql: SqlText
    into: Into | None = None
    record: Ref | None = None
    record_span: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Transaction:
    """COMMIT, ROLLBACK [TO name], SAVEPOINT name."""

    pos: Pos
    kind: str
    name: str | None


@dataclass(slots=True)
class UsingArg:
    value: Expr
    mode: str


@dataclass(slots=True)
class ExecuteImmediate:
    pos: Pos
    text: Expr
    into: Into | None
    using: list[UsingArg]
    returning: Into | None


@dataclass(slots=True)
class OpenCursor:
    pos: Pos
    cursor: Ref


@dataclass(slots=True)
class OpenFor:
    pos: Pos
    cursor: Expr
    query: SqlText | None
    text: Expr | None
    using: list[UsingArg] = field(default_factory=list)


@dataclass(slots=True)
class Fetch:
    pos: Pos
    cursor: Expr
    into: Into


@dataclass(slots=True)
class CloseCursor:
    pos: Pos
    cursor: Expr


@dataclass(slots=True)
class Forall:
    """`how`: RANGE (low .. high), INDICES OF or VALUES OF (collection)."""

    pos: Pos
    name: str
    how: str
    low: Expr | None
    high: Expr | None
    collection: Expr | None
    save_exceptions: bool
    statement: Sql | ExecuteImmediate


Stmt = (
    Null
    | Label
    | Assign
    | Call
    | If
    | Case
    | Loop
    | ForRange
    | ForCursor
    | Exit
    | Goto
    | Return
    | Raise
    | PipeRow
    | Block
    | Sql
    | Transaction
    | ExecuteImmediate
    | OpenCursor
    | OpenFor
    | Fetch
    | CloseCursor
    | Forall
)


# ------------------------------------------------------------------ units


@dataclass(slots=True)
class Unit:
    """What one CREATE, or one anonymous block, contains.

    `kind`: PACKAGE, PACKAGE BODY, PROCEDURE, FUNCTION, TRIGGER, TYPE, TYPE BODY or BLOCK.
    """

    kind: str
    owner: str | None
    name: str
    pos: Pos
    replace: bool = False
    invoker: bool = False
    decls: list[Decl] = field(default_factory=list)
    block: Block | None = None  # of a block, a trigger; the initialisation section of a package
    subprogram: SubprogramDecl | None = None
    trigger: TriggerHeader | None = None
    body_start: int = 0  # offset of the type word: where USER_SOURCE begins
    force: bool = False


@dataclass(slots=True)
class TriggerHeader:
    pos: Pos
    timing: str
    events: list[str]
    columns: list[str]
    table_owner: str | None
    table: str
    row_level: bool
    when: Expr | None
    old: str = "OLD"
    new: str = "NEW"
    enabled: bool = True
