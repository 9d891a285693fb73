"""The syntax tree's smallest nodes: names, literals, binds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ident:
    """One part of a name. `text` is upper case unless quoted."""

    text: str
    at: int
    quoted: bool = False


@dataclass(slots=True, eq=False)
class Node:
    at: int


# ---------------------------------------------------------------- value expressions


@dataclass(slots=True, eq=False)
class NumberLiteral(Node):
    text: str  # upper case; a final F or D makes it BINARY_FLOAT / BINARY_DOUBLE


@dataclass(slots=True, eq=False)
class StringLiteral(Node):
    value: str
    national: bool = False


@dataclass(slots=True, eq=False)
class NullLiteral(Node):
    pass


@dataclass(slots=True, eq=False)
class DateLiteral(Node):
    kind: str  # DATE or TIMESTAMP
    text: str


@dataclass(slots=True, eq=False)
class IntervalLiteral(Node):
    text: str
    first: str
    last: str | None
    precision: int


@dataclass(slots=True, eq=False)
class Name(Node):
    """A column, pseudo column, host variable, constant function or sequence.NEXTVAL."""

    parts: tuple[Ident, ...]
    outer: bool = False  # followed by (+)

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(p.text for p in self.parts)


@dataclass(slots=True, eq=False)
class Bind(Node):
    name: str


@dataclass(slots=True, eq=False)
class Star(Node):
    """`*` or `t.*` of a select list."""

    qualifier: tuple[Ident, ...] = ()
