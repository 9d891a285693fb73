"""What the translator knows of names: typed SQLite expressions, sources, scopes, parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from dtm.sandbox.kernel.ports import FunctionRef, HostVariable, Value
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql.catalog_model import Table
from dtm.sandbox.sql.dictionary_base import DictionaryView
from dtm.sandbox.sql.functions.environment import Environment

NO_LITERAL: Any = object()


@dataclass(frozen=True, slots=True)
class RowAddress:
    """The expression is the ROWID of a row of `table`; `sql` gives its row number."""

    table: Table
    sql: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A translated expression: SQLite text giving an encoded value, and what is known of it.

    `digits`: the value is an integer of at most so many digits (SQLite's own arithmetic is right).
    `wide`: a NUMBER that may be encoded as bytes, so that order needs number_key().
    """

    sql: str
    type: OraType
    nullable: bool = True
    digits: int | None = None
    wide: bool = False
    literal: Value = NO_LITERAL
    row: RowAddress | None = None

    @property
    def is_null(self) -> bool:
        return self.type.kind is Kind.NULL

    @property
    def is_literal(self) -> bool:
        return self.literal is not NO_LITERAL

    def moved(self, sql: str) -> Typed:
        """The same value under another SQLite name."""
        return replace(self, sql=sql, literal=NO_LITERAL, row=None)


@dataclass(slots=True)
class OutColumn:
    """A column of a relation; `value.sql` is only its name inside the relation (c1, c2 ...)."""

    name: str
    value: Typed
    quoted: bool = False
    nullable: bool = True  # as described


@dataclass(slots=True)
class Relation:
    """A translated query: SQLite SELECT text and its columns named c1, c2 ... in order."""

    sql: str
    columns: list[OutColumn]
    single_row: bool = False  # an aggregate without GROUP BY: exactly one row
    simple: bool = True  # a plain SELECT that may stand in a compound as it is
    limited: bool = False  # ends with LIMIT
    locks: list[tuple[Table, str]] = field(default_factory=list)  # FOR UPDATE: candidates queries


@dataclass(slots=True)
class SourceColumn:
    name: str
    value: Typed
    hidden: bool = False  # invisible column, or merged by USING: not in `*` of the whole list


@dataclass(slots=True)
class Source:
    """One item of FROM. `names` are what may qualify its columns."""

    alias: str
    name: str | None  # the alias or table name that qualifies columns
    owner: str | None
    columns: dict[str, SourceColumn]
    table: Table | None = None
    row: RowAddress | None = None
    at: int = 0
    ambiguous: frozenset[str] = frozenset()  # column names an inline view has twice
    whole: Typed | None = None  # VALUE(alias) of a row of TABLE()

    def matches(self, qualifier: tuple[str, ...]) -> bool:
        if len(qualifier) == 1:
            return self.name == qualifier[0]
        return len(qualifier) == 2 and (self.owner, self.name) == qualifier


@dataclass(slots=True)
class Stage:
    """A row source wrapped in a subquery: its columns get new names outside.

    `names` maps the SQL of a column inside to its name (x1, x2 ...) outside.
    """

    alias: str
    names: dict[str, str] = field(default_factory=dict)

    def outside(self, inside: str) -> str:
        name = self.names.setdefault(inside, f"x{len(self.names) + 1}")
        return f"{self.alias}.{name}"


@dataclass(slots=True)
class Scope:
    """A query block's names."""

    parent: Scope | None
    sources: list[Source] = field(default_factory=list)
    merged: dict[str, Typed] = field(default_factory=dict)  # JOIN ... USING columns
    clause: str = "SELECT"  # which clause is being translated
    group_keys: dict[str, Typed] | None = None  # by SQL text
    null_keys: set[str] | None = None  # GROUP BY expressions that are NULL in this grouping set
    loose: list[tuple[int, str]] = field(default_factory=list)  # columns outside aggregates
    references: int = 0  # columns of this block that were named so far
    in_aggregate: bool = False
    has_aggregate: bool = False
    stage: Stage | None = None  # active: columns are seen through it
    rownum: str | None = None  # SQL of ROWNUM in this phase
    hierarchy: Any = None  # translate_hierarchy.Hierarchy while one is translated
    ctes: dict[str, Any] = field(default_factory=dict)
    correlated: bool = False  # a name was resolved in an outer block

    def parent_for_views(self) -> Scope:
        """What an inline view of this block sees outside itself: outer blocks and WITH queries."""
        return Scope(self.parent, ctes=self.ctes)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A SQLite parameter. `source`: a HostVariable, a bind's name, or a runtime value.

    `coerce` prepares a host value in Python (assignment to a column) before encoding.
    """

    source: HostVariable | str | None
    type: OraType
    at: int
    runtime: Callable[[Environment], Value] | None = None
    coerce: Callable[[Environment, Value], Value] | None = None


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """A function a statement needs in SQLite. `make` builds it for the instance's runtime."""

    name: str
    arguments: int
    make: Callable[[Any], Any]
    kind: str = "scalar"  # or window (serves as aggregate too), aggregate
    stable: bool = True


@dataclass(slots=True)
class Requirements:
    """What a statement turned out to need while it was translated."""

    parameters: list[Parameter] = field(default_factory=list)
    parameter_keys: dict[object, int] = field(default_factory=dict)
    tables: list[tuple[Table, str | None]] = field(default_factory=list)
    functions: dict[str, SqlFunction] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)  # numbers of the parameters in SQLite's text
    calls: list[FunctionRef] = field(default_factory=list)  # PL/SQL functions, by slot
    dictionary: list[DictionaryView] = field(default_factory=list)
    sequence_places: dict[int, list[str]] = field(default_factory=dict)  # NEXTVAL, CURRVAL, by id
    draws: dict[int, int] = field(default_factory=dict)  # places of those named several times
    writes: bool = False  # NEXTVAL and PL/SQL functions: not a plain read
