"""The syntax tree of Oracle SQL. Every node knows its offset in the text (`at`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from dtm.sandbox.sql.parse_node_base import (
    Bind,
    DateLiteral,
    Ident,
    IntervalLiteral,
    Name,
    Node,
    NullLiteral,
    NumberLiteral,
    Star,
    StringLiteral,
)


@dataclass(slots=True, eq=False)
class Unary(Node):
    op: str  # - + PRIOR CONNECT_BY_ROOT
    operand: Node


@dataclass(slots=True, eq=False)
class Binary(Node):
    op: str  # + - * / ||
    left: Node
    right: Node


@dataclass(slots=True, eq=False)
class Case(Node):
    operand: Node | None
    whens: list[tuple[Node, Node]]
    default: Node | None


@dataclass(slots=True, eq=False)
class Cast(Node):
    operand: Node
    type: TypeName


@dataclass(slots=True, eq=False)
class Multiset(Node):
    """MULTISET(query), the operand of a CAST."""

    query: Query


@dataclass(slots=True, eq=False)
class TypeName(Node):
    """A data type as written: VARCHAR2(10 CHAR), NUMBER(5,2), TIMESTAMP(3) WITH TIME ZONE; `path`
    is what a user type is called."""

    name: str
    arguments: tuple[int, ...] = ()
    unit: str = ""  # CHAR or BYTE
    path: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class AtTimeZone(Node):
    operand: Node
    zone: Node | None  # None: AT LOCAL


@dataclass(slots=True, eq=False)
class Tuple(Node):
    items: list[Node]


@dataclass(slots=True, eq=False)
class Subquery(Node):
    query: Query


@dataclass(slots=True, eq=False)
class OrderItem(Node):
    operand: Node
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(slots=True, eq=False)
class Frame(Node):
    unit: str  # ROWS or RANGE
    start: tuple[
        str, Node | None
    ]  # (UNBOUNDED PRECEDING | CURRENT ROW | PRECEDING | FOLLOWING, n)
    end: tuple[str, Node | None] | None


@dataclass(slots=True, eq=False)
class Window(Node):
    partition: list[Node]
    order: list[OrderItem]
    frame: Frame | None


@dataclass(slots=True, eq=False)
class Call(Node):
    """A function call with everything that may follow it."""

    parts: tuple[Ident, ...]
    arguments: list[Node]
    names: list[str | None] = field(default_factory=list)  # of named arguments
    quantifier: str = ""  # DISTINCT or ALL
    star: bool = False  # COUNT(*)
    within: list[OrderItem] | None = None  # WITHIN GROUP (ORDER BY ...)
    keep: tuple[bool, list[OrderItem]] | None = None  # (last?, ORDER BY ...)
    nulls: str = ""  # IGNORE or RESPECT
    from_last: bool = False
    overflow: tuple[str, str | None, bool] | None = None  # LISTAGG: (ERROR|TRUNCATE, text, count)
    over: Window | None = None
    default_on_error: Node | None = None  # DEFAULT x ON CONVERSION ERROR

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(p.text for p in self.parts)


# ---------------------------------------------------------------- conditions


@dataclass(slots=True, eq=False)
class Condition(Node):
    pass


@dataclass(slots=True, eq=False)
class Logical(Condition):
    op: str  # AND or OR
    left: Node
    right: Node


@dataclass(slots=True, eq=False)
class Not(Condition):
    operand: Node


@dataclass(slots=True, eq=False)
class Compare(Condition):
    op: str  # = <> < > <= >=
    left: Node
    right: Node
    quantifier: str = ""  # ANY or ALL


@dataclass(slots=True, eq=False)
class Between(Condition):
    operand: Node
    low: Node
    high: Node
    negated: bool


@dataclass(slots=True, eq=False)
class InList(Condition):
    operand: Node
    items: list[Node]
    negated: bool


@dataclass(slots=True, eq=False)
class InQuery(Condition):
    operand: Node
    query: Query
    negated: bool


@dataclass(slots=True, eq=False)
class Like(Condition):
    operand: Node
    pattern: Node
    escape: Node | None
    negated: bool
    kind: str = "LIKE"


@dataclass(slots=True, eq=False)
class IsNull(Condition):
    operand: Node
    negated: bool
    what: str = "NULL"  # or NAN, INFINITE


@dataclass(slots=True, eq=False)
class Exists(Condition):
    query: Query


@dataclass(slots=True, eq=False)
class Lnnvl(Condition):
    """LNNVL(condition): true when it is false or unknown."""

    operand: Node


@dataclass(slots=True, eq=False)
class ConditionCall(Condition):
    """REGEXP_LIKE(...)."""

    call: Call


# ---------------------------------------------------------------- queries


@dataclass(slots=True, eq=False)
class SelectItem(Node):
    expression: Node
    alias: Ident | None
    text: str  # the expression as written, blanks removed: the column's name without an alias


@dataclass(slots=True, eq=False)
class FromItem(Node):
    pass


@dataclass(slots=True, eq=False)
class TableRef(FromItem):
    path: tuple[Ident, ...]
    alias: Ident | None
    partition: Ident | None = None
    partition_value: list[Node] | None = None  # PARTITION FOR (...)
    subpartition: bool = False
    link: str = ""
    as_of: Node | None = None

    @property
    def partitioned(self) -> bool:
        """Does it name one partition?"""
        return self.partition is not None or self.partition_value is not None


@dataclass(slots=True, eq=False)
class Sample(FromItem):
    """A table with SAMPLE (percent)."""

    source: TableRef
    percent: Node


@dataclass(slots=True, eq=False)
class DerivedTable(FromItem):
    query: Query
    alias: Ident | None
    lateral: bool = False


@dataclass(slots=True, eq=False)
class TableFunction(FromItem):
    """TABLE(expression) or a call of a table function."""

    operand: Node
    alias: Ident | None


@dataclass(slots=True, eq=False)
class Join(FromItem):
    kind: str  # INNER LEFT RIGHT FULL CROSS
    left: FromItem
    right: FromItem
    on: Node | None = None
    using: list[Ident] | None = None
    natural: bool = False


@dataclass(slots=True, eq=False)
class Unpivot(FromItem):
    """UNPIVOT: one row per element of IN. `elements`: (columns, literals or None)."""

    source: FromItem
    nulls: bool
    values: list[Ident]
    names: list[Ident]
    elements: list[tuple[list[Ident], list[Node] | None]]
    alias: Ident | None


@dataclass(slots=True, eq=False)
class Pivot(FromItem):
    source: FromItem
    aggregates: list[tuple[Call, Ident | None]]
    columns: list[Ident]
    values: list[tuple[Node, Ident | None, str]]
    alias: Ident | None


@dataclass(slots=True, eq=False)
class GroupItem(Node):
    """One item of GROUP BY: plain expressions, or ROLLUP / CUBE / GROUPING SETS."""

    kind: str  # "", ROLLUP, CUBE, SETS
    sets: list[list[Node]]


@dataclass(slots=True, eq=False)
class Select(Node):
    distinct: bool
    items: list[SelectItem]
    sources: list[FromItem]
    where: Node | None = None
    start_with: Node | None = None
    connect_by: Node | None = None
    nocycle: bool = False
    group_by: list[GroupItem] | None = None
    having: Node | None = None
    into: list[Node] | None = None


@dataclass(slots=True, eq=False)
class SetOperation(Node):
    op: str  # UNION, UNION ALL, INTERSECT, MINUS
    left: QueryBody
    right: QueryBody


@dataclass(slots=True, eq=False)
class Search(Node):
    """SEARCH DEPTH | BREADTH FIRST BY ... SET column, of a recursive WITH."""

    depth: bool
    order: list[OrderItem]
    column: Ident


@dataclass(slots=True, eq=False)
class CommonTable(Node):
    name: Ident
    columns: list[Ident] | None
    query: Query
    search: Search | None = None


@dataclass(slots=True, eq=False)
class ForUpdate(Node):
    columns: list[Name]
    wait: float | None  # None: for ever, 0: NOWAIT
    skip_locked: int | None = None  # where it stands


@dataclass(slots=True, eq=False)
class Query(Node):
    """A whole query expression; a parenthesised one may be a body of its own."""

    body: QueryBody
    ctes: list[CommonTable] = field(default_factory=list)
    order_by: list[OrderItem] = field(default_factory=list)
    order_at: int = 0  # offset of the word ORDER
    siblings: bool = False
    offset: Node | None = None
    fetch: Node | None = None
    fetch_percent: bool = False
    fetch_ties: bool = False
    fetch_at: int = 0
    for_update: ForUpdate | None = None


QueryBody = Select | SetOperation | Query
# What the smaller module defines, so that all nodes are found here.
__all__ = [
    "Bind",
    "DateLiteral",
    "Ident",
    "IntervalLiteral",
    "Name",
    "Node",
    "NullLiteral",
    "NumberLiteral",
    "Star",
    "StringLiteral",
]
