"""The syntax tree of PL/SQL. Every node knows its place: (line, column), from 1.

Names follow the PL/SQL Language Reference 19c, "PL/SQL Language Elements".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dtm.sandbox.interpreter.syntax.declared import (
    CollectionDecl,
    CursorDecl,
    ExceptionDecl,
    FieldDecl,
    Method,
    ObjectDecl,
    Param,
    Pragma,
    RecordDecl,
    RefCursorDecl,
    SubtypeDecl,
    VarDecl,
)
from dtm.sandbox.interpreter.syntax.nodes import (
    Arg,
    Args,
    Attribute,
    Between,
    Binary,
    Bind,
    CaseExpr,
    Cast,
    Expr,
    Extract,
    Ident,
    InList,
    Into,
    IsOf,
    IsTest,
    Like,
    Literal,
    Pos,
    Ref,
    SqlText,
    Trim,
    TypeRef,
    Unary,
    Upcast,
    UsingArg,
)


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
    method: Method | None = None  # of an object type


Decl = (
    VarDecl
    | SubtypeDecl
    | RecordDecl
    | CollectionDecl
    | RefCursorDecl
    | ObjectDecl
    | CursorDecl
    | ExceptionDecl
    | Pragma
    | SubprogramDecl
)


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
    scope: str = ""  # SCHEMA or DATABASE: fired by DDL or LOGON, not by a table
    follows: list[tuple[str | None, str]] = field(default_factory=list)
    sections: list[SubprogramDecl] = field(default_factory=list)  # of a compound trigger


__all__ = [
    "Arg", "Args", "Assign", "Attribute", "Between", "Binary", "Bind", "Block", "Call", "Case",
    "CaseExpr", "Cast", "CloseCursor", "CollectionDecl", "CursorDecl", "Decl", "ExceptionDecl",
    "ExecuteImmediate", "Exit", "Expr", "Extract", "Fetch", "FieldDecl", "ForCursor",
    "ForRange", "Forall", "Goto", "Handler", "Ident", "If", "InList", "Into", "IsOf", "IsTest",
    "Label", "Like", "Literal", "Loop", "Method", "Null", "ObjectDecl", "OpenCursor",
    "OpenFor", "Param", "PipeRow", "Pos", "Pragma", "Raise", "RecordDecl", "Ref",
    "RefCursorDecl", "Return", "Sql", "SqlText", "Stmt", "SubprogramDecl", "SubtypeDecl",
    "Transaction", "TriggerHeader", "Trim", "TypeRef", "Unary", "Unit", "Upcast", "UsingArg",
    "VarDecl",
]  # fmt: skip
