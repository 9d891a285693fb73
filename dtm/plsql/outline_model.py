"""What an outline consists of: units, subprograms, parameters, diagnostics. Frozen values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

ERROR = "error"
NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the text. Offsets count characters from 0 (`end` is exclusive); lines and
    columns count from 1, `end_line` and `end_column` are those of the last character."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something wrong (`error`: Oracle would refuse it) or odd (`note`) at a place."""

    severity: str
    message: str
    offset: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A formal parameter. `name` is upper case unless quoted; `mode`: IN, OUT or IN OUT;
    `type`: normalised ("SALES.ORDERS.ID%TYPE"); `default`: source text of the expression."""

    name: str
    mode: str
    type: str
    default: str | None
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Pragma:
    """PRAGMA name [(arguments)]; `arguments` is the source text between the parentheses."""

    name: str
    arguments: str
    line: int


@dataclass(frozen=True, slots=True)
class Subprogram:
    """A procedure or function. `has_body` is False for declarations (specs, forward ones)."""

    kind: str  # PROCEDURE or FUNCTION
    name: str
    parameters: tuple[Parameter, ...]
    returns: str | None
    has_body: bool
    attributes: tuple[str, ...]  # words between header and body: DETERMINISTIC, PIPELINED ...
    prefix: str  # of object methods: "MEMBER", "MAP MEMBER" ...
    pragmas: tuple[Pragma, ...]
    children: tuple[Subprogram, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unit:
    """One statement of a script.

    `kind`: PACKAGE, PACKAGE BODY, PROCEDURE, FUNCTION, TRIGGER, TYPE, TYPE BODY, LIBRARY, JAVA, MLE (a module),
    VIEW, BLOCK (anonymous), SQL (anything else) or SQLPLUS (a command line).
    `name`, `owner`: upper case unless quoted; "" and None where there is none.
    A stand-alone procedure or function is its own only subprogram.
    """

    kind: str
    owner: str | None
    name: str
    authid: str | None  # DEFINER or CURRENT_USER when stated
    wrapped: bool
    terminated: bool  # a "/" follows (PL/SQL), or a ";" ended it (SQL)
    subprograms: tuple[Subprogram, ...]
    pragmas: tuple[Pragma, ...]
    diagnostics: tuple[Diagnostic, ...]
    span: Span

    def find(self, name: str) -> tuple[Subprogram, ...]:
        """Return the subprograms called `name` (overloads) at the unit's top level."""
        return tuple(one for one in self.subprograms if one.name == name)

    def walk(self) -> Iterator[Subprogram]:
        """All subprograms, nested ones after the one around them."""
        pending = list(reversed(self.subprograms))
        while pending:
            one = pending.pop()
            yield one
            pending.extend(reversed(one.children))


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole script. `diagnostics` are those of the units and of the text between them."""

    units: tuple[Unit, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(one for one in self.diagnostics if one.severity == ERROR)
