"""The state of one compilation: text, session, dictionary, and what the statement needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from dtm.plsql.lexer import BIND, lex
from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.kernel.ports import HostScope, HostVariable, PlsqlPort, SessionContext, Value
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Parameter, Requirements, SqlFunction, Typed
from dtm.sandbox.sql.catalog_model import Sequence as OraSequence
from dtm.sandbox.sql.catalog_model import Table, Unit, View
from dtm.sandbox.sql.dictionary_base import DictionaryView
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.functions.environment import Environment
from dtm.sandbox.sql.parse_tokens import unsupported

MARK = "\x02"  # stands around the number of a table reference until rendering
UNTYPED = OraType(Kind.NULL)


class Names(Protocol):
    """Name resolution with the session's privileges (privileges.Resolver and the dictionary)."""

    def relation(
        self, path: tuple[str, ...], privilege: str, offset: int
    ) -> Table | View | DictionaryView:
        """ORA-00942 / ORA-01031."""

    def may_read(self, table: Table) -> bool:
        """May WHERE look at the table? (Reference 19c, SQL92_SECURITY, TRUE by default)"""

    def columns_allowed(self, table: Table, privilege: str) -> frozenset[str] | None:
        """The columns INSERT or UPDATE is limited to; None: all."""

    def triggers(self, table: Table | View) -> Sequence[Unit]:
        """The triggers on a table."""

    def inside_view(self, view: View) -> Names:
        """Names as the view's query sees them: its owner's."""

    def sequence(self, path: tuple[str, ...], offset: int) -> OraSequence:
        """ORA-02289 / ORA-01031."""


@dataclass(slots=True)
class Context:
    """Everything the translator reads and collects for one statement."""

    text: str
    session: SessionContext
    names: Names
    plsql: PlsqlPort | None = None
    scope: HostScope | None = None
    bind_types: Sequence[OraType | None] = ()
    wide_binds: bool = False
    stored: bool = (
        False  # the expression becomes part of the schema (CHECK, index, virtual column)
    )
    needs: Requirements = field(default_factory=Requirements)
    aliases: int = 0
    view_depth: int = 0
    stars: dict[int, list[str]] = field(default_factory=dict)  # offset of a `*`: its columns
    refresh: Callable[[View], View] | None = None  # an INVALID view compiled anew
    evaluate: Callable[[Requirements, str], Encoded] | None = None  # a constant, now
    nextvals: list[int] = field(default_factory=list)  # sequences whose NEXTVAL was asked for
    branches: int = 0  # of CASE and DECODE that are being translated
    conditional: set[int] = field(default_factory=set)  # sequences named in such branches
    _bind_places: dict[int, int] | None = None

    def apart(self) -> Context:
        """A context for an expression of the same text that is computed on its own."""
        return Context(self.text, self.session, self.names)

    @contextmanager
    def branching(self) -> Iterator[None]:
        """Translate what is evaluated for some rows only."""
        self.branches += 1
        try:
            yield
        finally:
            self.branches -= 1

    # ------------------------------------------------------------ errors

    def fail(self, code: int, *args: object, at: int = 0) -> NoReturn:
        raise OraError(code, *args, offset=at)

    def unsupported(self, number: int, construct: str, at: int) -> NoReturn:
        raise self.refusal(number, construct, at)

    def refusal(self, number: int, construct: str, at: int) -> Unsupported:
        """The error for what Oracle has and the sandbox has not."""
        return unsupported(self.text, number, construct, at)

    # ------------------------------------------------------------ names of SQLite things

    def alias(self, letter: str) -> str:
        self.aliases += 1
        return f"{letter}{self.aliases}"

    def counter(self) -> int:
        """A number for a ROWNUM counter of this statement."""
        self.aliases += 1
        return self.aliases

    def table(self, table: Table, partition: str | None = None) -> str:
        """A placeholder that rendering replaces by the table or its consistent-read form."""
        key = (table, partition)
        for index, known in enumerate(self.needs.tables):
            if known[0].id == table.id and known[1] == partition:
                return f"{MARK}{index}{MARK}"
        self.needs.tables.append(key)
        return f"{MARK}{len(self.needs.tables) - 1}{MARK}"

    def function(self, function: SqlFunction) -> str:
        self.needs.functions.setdefault(function.name, function)
        return function.name

    # ------------------------------------------------------------ parameters

    def _parameter(self, key: object, parameter: Parameter) -> str:
        known = self.needs.parameter_keys.get(key)
        if known is None:
            self.needs.parameters.append(parameter)
            known = self.needs.parameter_keys[key] = len(self.needs.parameters)
        return f"?{known}"

    def host(self, variable: HostVariable, at: int) -> Typed:
        sql = self._parameter(("host", variable.key), Parameter(variable, variable.type, at))
        return Typed(sql, variable.type, wide=self.wide_binds)

    def bind(self, node: n.Bind) -> Typed:
        ora_type = self.bind_type(node)
        sql = self._parameter(("bind", node.at), Parameter(node.name, ora_type, node.at))
        return Typed(sql, ora_type, wide=self.wide_binds)

    def assigned(
        self, value: Typed, target: OraType, coerce: Callable[[Environment, Value], Value]
    ) -> Typed | None:
        """Let a host value that stands alone be prepared in Python for its column."""
        if not value.sql.startswith("?"):
            return None
        known = self.needs.parameters[int(value.sql[1:]) - 1]
        if known.source is None or known.coerce is not None:
            return None
        key = ("assigned", value.sql, target)
        sql = self._parameter(key, Parameter(known.source, target, known.at, coerce=coerce))
        return Typed(sql, target)

    def runtime(self, name: str, ora_type: OraType, read: Callable[[Environment], Value]) -> Typed:
        """A value fixed at the start of the statement (SYSDATE, USER ...)."""
        sql = self._parameter(("runtime", name), Parameter(None, ora_type, 0, runtime=read))
        return Typed(sql, ora_type)

    def slot(self, ora_type: OraType = UNTYPED) -> tuple[int, Typed]:
        """A parameter the plan itself fills while it runs: its index among the values."""
        number = len(self.needs.parameters)
        value = self.runtime(f"slot {number}", ora_type, lambda _: None)
        return number, value

    def bind_type(self, node: n.Bind) -> OraType:
        if self._bind_places is None:
            places = [t.offset for t in lex(self.text).tokens if t.kind == BIND]
            self._bind_places = {offset: index for index, offset in enumerate(places)}
        index = self._bind_places.get(node.at, len(self.bind_types))
        known = self.bind_types[index] if index < len(self.bind_types) else None
        return known or UNTYPED
