"""How a dictionary view is made: a name, columns, and a Python function that gives its rows.

Column names and types: Database Reference 19c, "Static Data Dictionary Views", "Dynamic
Performance Views". Values are encoded (encoding.py). Columns nobody can fill are NULL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dtm.sandbox.kernel.types import Column, Kind, OraType
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.encoding import Encoded, encode_timestamp
from dtm.sandbox.sql.privileges import active_roles, may_see
from dtm.sandbox.sql.transactions import StorageSession

Values = tuple[Encoded, ...]
T = TypeVar("T")


class Reader:
    """What a producer reads: the dictionary, or only its entries called `name`."""

    def __init__(self, session: StorageSession, name: Encoded = None) -> None:
        self.session = session
        self.instance = session.instance
        self.catalog: Catalog = session.instance.catalog
        self.context = session.context
        self._name = name

    def all(self, kind: type[T]) -> list[T]:
        """Every entry of a class that may count, sorted."""
        if self._name is None:
            return self.catalog.all(kind)
        by_name: dict[object, list[T]] = self.catalog.cached(
            ("by name", kind), lambda: _by_name(self.catalog.all(kind))
        )
        return by_name.get(self._name, [])


def _by_name(entries: list[T]) -> dict[object, list[T]]:
    found: dict[object, list[T]] = {}
    for entry in entries:
        found.setdefault(getattr(entry, "name", None), []).append(entry)
    return found


Producer = Callable[[Reader], Iterable[Values]]
_KINDS = {
    "n": OraType(Kind.NUMBER),
    "d": OraType(Kind.DATE),
    "c": OraType(Kind.CLOB),
    "l": OraType(Kind.LONG),
    "t": OraType(Kind.TIMESTAMP, precision=6),
    "z": OraType(Kind.TIMESTAMP_TZ, precision=6),
}


@dataclass(frozen=True, slots=True)
class DictionaryView:
    """A view of SYS whose rows come from Python. `public`: everybody may query it."""

    name: str
    columns: tuple[Column, ...]
    producer: Producer
    public: bool
    key: str | None = None  # the column with the name of the entries the producer reads

    def rows(self, session: StorageSession) -> Iterable[Values]:
        """Every row the session may see."""
        return self.producer(Reader(session))

    def narrow(
        self, session: StorageSession, column: str, value: Encoded
    ) -> Iterable[Values] | None:
        """The rows with `column` = `value`, or more; None when that is not cheaper than all."""
        if column != self.key or value is None:
            return None
        return self.producer(Reader(session, value))


def columns_of(spec: str) -> tuple[Column, ...]:
    """Columns from "NAME:type ...": vN VARCHAR2(N), rN RAW(N), n, d, c, l, t."""
    columns = []
    for word in spec.split():
        name, _, kind = word.partition(":")
        if kind[0] in "vr":
            length = int(kind[1:])
            data_type = OraType(Kind.VARCHAR2 if kind[0] == "v" else Kind.RAW, length=length)
        else:
            data_type = _KINDS[kind]
        columns.append(Column(name, data_type))
    return tuple(columns)


class Registry:
    """Collects views by name."""

    def __init__(self) -> None:
        self.views: dict[str, DictionaryView] = {}

    def add(self, name: str, spec: str, rows: Producer, *, public: bool = False) -> None:
        """One view as it is."""
        self.views[name] = DictionaryView(name, columns_of(spec), rows, public)

    def families(self, table: Mapping[str, tuple[str, Producer, str]]) -> None:
        """Families with an OWNER column: name -> (columns, producer, the name column)."""
        for name, (spec, rows, seen_by) in table.items():
            self.family(name, spec, rows, seen_by=seen_by)

    def family(  # noqa: PLR0913 - the facts of a family of views
        self,
        name: str,
        spec: str,
        rows: Producer,
        *,
        owner: str = "OWNER",
        seen_by: str | None = None,
        hide: Sequence[str] | None = None,
        key: str | None = None,
        all_: bool = True,
    ) -> None:
        """DBA_name, ALL_name (what the user may see) and USER_name (its own).

        `owner` is the column with the schema, `seen_by` the one with the name of the object that
        decides about visibility; USER_ leaves out the columns in `hide` (the owner's). `key`: the
        column with the names of the entries read, when it is not `seen_by`.
        """
        columns = columns_of(spec)
        names = [column.name for column in columns]
        at = names.index(owner)
        name_at = names.index(seen_by) if seen_by is not None else None
        hidden = {owner} if hide is None else set(hide)
        kept = [index for index, column in enumerate(names) if column not in hidden]

        def users(reader: Reader) -> Iterable[Values]:
            user = _user(reader.session)
            return [tuple(row[i] for i in kept) for row in rows(reader) if row[at] == user]

        def everybodys(reader: Reader) -> Iterable[Values]:
            seen = Seen(reader.session)
            return [
                r for r in rows(reader) if seen(r[at], r[name_at] if name_at is not None else None)
            ]

        key = key or seen_by
        shown = tuple(columns[i] for i in kept)
        self._put(f"DBA_{name}", columns, rows, key, public=False)
        if all_:
            self._put(f"ALL_{name}", columns, everybodys, key, public=True)
        self._put(f"USER_{name}", shown, users, key, public=True)

    def _put(
        self,
        name: str,
        columns: tuple[Column, ...],
        rows: Producer,
        key: str | None,
        *,
        public: bool,
    ) -> None:
        self.views[name] = DictionaryView(name, columns, rows, public, key)


def _user(session: StorageSession) -> str:
    """USER_ views show the user whose privileges count (the definer inside its units)."""
    return session.context.effective_user or session.context.user


class Seen:
    """Tells whether a session's user may see an object; remembers the answers."""

    def __init__(self, session: StorageSession) -> None:
        self.catalog: Catalog = session.instance.catalog
        self.user = _user(session)
        self.roles = active_roles(self.catalog, session.context)
        self._known: dict[tuple[Encoded, Encoded], bool] = {}

    def __call__(self, owner: Encoded, name: Encoded) -> bool:
        """`name` None: only the owner itself."""
        if owner in (self.user, "PUBLIC") or self.user == "SYS":
            return True
        if name is None:
            return False
        key = (owner, name)
        if key not in self._known:
            target = self.catalog.find(str(owner), str(name))
            self._known[key] = target is not None and may_see(
                self.catalog, self.user, target, roles=self.roles
            )
        return self._known[key]


def stamp(value: dt.datetime) -> str:
    """A DATE column."""
    return encode_timestamp(value.replace(microsecond=0))


def stamp_text(value: dt.datetime) -> str:
    """The TIMESTAMP column of OBJECTS: 'YYYY-MM-DD:HH24:MI:SS'."""
    return value.strftime("%Y-%m-%d:%H:%M:%S")
