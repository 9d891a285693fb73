"""The SQLite functions of one instance: registered once, run for whichever session executes.

Statements run one at a time under the instance's mutex; `Runtime` says for whom. A statement
inside a PL/SQL function inside a statement saves and restores it (`acting`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import FunctionRef, PlsqlPort, Value
from dtm.sandbox.sql.bind_model import SqlFunction
from dtm.sandbox.sql.dictionary_base import DictionaryView
from dtm.sandbox.sql.engine_dictionary import Snapshot, ViewModule
from dtm.sandbox.sql.engine_sequences import Draws
from dtm.sandbox.sql.functions.environment import Environment
from dtm.sandbox.sql.transactions import StorageSession


class Sequences(Protocol):
    """What NEXTVAL and CURRVAL ask of the session."""

    def nextval(self, key: int) -> int: ...
    def currval(self, key: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """The session whose statement runs."""

    env: Environment
    storage: StorageSession
    sequences: Sequences
    plsql: PlsqlPort | None
    calls: Sequence[FunctionRef]
    snapshots: dict[str, Snapshot] = field(default_factory=dict)  # of dictionary views
    statement_level: Callable[[], AbstractContextManager[None]] = nullcontext  # trigger runs
    counters: dict[int, int] = field(default_factory=dict)  # of ROWNUM conditions
    draws: dict[int, Draws] = field(default_factory=dict)  # of sequences named several times


class Runtime:
    """Who runs the current statement. One per instance."""

    __slots__ = ("_registered", "actor", "connection", "mutex")

    def __init__(self, connection: apsw.Connection, mutex: AbstractContextManager[object]) -> None:
        self.connection = connection
        self.mutex = mutex
        self.actor: Actor
        self._registered: set[str] = set()

    @property
    def env(self) -> Environment:
        return self.actor.env

    @property
    def sequences(self) -> Sequences:
        return self.actor.sequences

    def nextval(self, key: int, place: int) -> int:
        """NEXTVAL, or CURRVAL beside NEXTVAL, at one place of the statement."""
        draws = self.actor.draws.get(key)
        if draws is None:
            return self.sequences.nextval(key)
        return draws.at(place, lambda: self.sequences.nextval(key))

    def currval(self, key: int, place: int) -> int:
        """CURRVAL; where the statement draws from the sequence too, the number it draws."""
        if key in self.actor.draws:
            return self.nextval(key, place)
        return self.sequences.currval(key)

    def ensure(
        self, functions: Iterable[SqlFunction], views: Iterable[DictionaryView] = ()
    ) -> None:
        """Register what is not registered yet; another session may be in the middle of a
        statement on the same connection."""
        functions, views = tuple(functions), tuple(views)
        wanted = {f.name for f in functions} | {f"D${view.name}" for view in views}
        if wanted <= self._registered:
            return
        with self.mutex:
            for function in functions:
                if function.name not in self._registered:
                    self._register(function)
                    self._registered.add(function.name)
            for view in views:
                name = f"D${view.name}"
                if name not in self._registered:
                    self._register_view(name, view)
                    self._registered.add(name)

    def _register(self, function: SqlFunction) -> None:
        made = function.make(self)
        if function.kind == "scalar":
            self.connection.create_scalar_function(
                function.name, made, function.arguments, deterministic=function.stable
            )
        elif function.kind == "window":
            self.connection.create_window_function(function.name, made, function.arguments)
        else:
            self.connection.create_aggregate_function(function.name, made, function.arguments)

    def _register_view(self, name: str, view: DictionaryView) -> None:
        """A dictionary view as an eponymous virtual table with the columns c1, c2 ..."""

        def snapshot() -> Snapshot:
            actor = self.actor
            return actor.snapshots.setdefault(name, Snapshot(view, actor.storage))

        module: Any = ViewModule(view, snapshot)  # apsw's protocol asks for positional names
        self.connection.create_module(
            name, module, use_bestindex_object=True, eponymous=True, eponymous_only=True
        )

    @contextmanager
    def acting(self, actor: Actor) -> Iterator[None]:
        """Run a statement for a session; restores the outer statement's session after it."""
        before = getattr(self, "actor", actor)
        self.actor = actor
        try:
            yield
        finally:
            self.actor = before

    def call(self, slot: int, values: list[Value]) -> Any:
        """Call the PL/SQL function the running statement knows as `slot`."""
        actor = self.actor
        if actor.plsql is None:
            raise OraError(904, actor.calls[slot].name)
        return actor.plsql.call_function(actor.calls[slot], values)
