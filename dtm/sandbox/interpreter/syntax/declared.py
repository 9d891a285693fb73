"""Declarations of the syntax tree, subprograms excepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
class Method:
    """What makes a subprogram a method. `kind`: MEMBER, STATIC or CONSTRUCTOR; `role`: MAP, ORDER
    or nothing; `words`: OVERRIDING, FINAL, NOT INSTANTIABLE ..."""

    kind: str
    role: str
    words: frozenset[str]


@dataclass(slots=True)
class ObjectDecl:
    """CREATE TYPE ... AS OBJECT or UNDER; `methods` are SubprogramDecl. `complete` is False for
    CREATE TYPE name; alone."""

    pos: Pos
    name: str
    under: TypeRef | None
    attributes: list[FieldDecl]
    methods: list[Any]
    final: bool = True
    instantiable: bool = True
    complete: bool = True


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
