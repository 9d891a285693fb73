"""Declarations of the syntax tree, subprograms excepted."""

from __future__ import annotations

from dataclasses import dataclass

from dtm.sandbox.interpreter.syntax.nodes import Expr, Pos, SqlText, TypeRef


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
