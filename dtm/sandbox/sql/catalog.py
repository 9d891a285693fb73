"""The data dictionary of one instance: in memory for reading, in system.db for keeping.

Objects are immutable (catalog_model); reading needs no lock. Changes happen inside
`Catalog.change()`, under the instance's mutex and inside a physical transaction: when the block
fails, memory is put back as it was and the caller rolls the rows back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import catalog_codec
from dtm.sandbox.sql.catalog_model import (
    Constraint,
    Grants,
    Index,
    SchemaObject,
    Sequence,
    Synonym,
    Table,
    Tablespace,
    Unit,
    User,
    View,
)

T = TypeVar("T")
Entry = SchemaObject | Index | User | Grants | Tablespace
# Unit types outside the main namespace (SQL Language Reference, "Database Object Names").
OWN_NAMESPACE = frozenset({"PACKAGE BODY", "TYPE BODY", "TRIGGER"})


class Rows(Protocol):
    """What the catalog needs of the database: one statement at a time."""

    def execute(self, sql: str, bindings: tuple[Any, ...] = ()) -> Any:
        """Run one SQLite statement and give its rows."""


def key_of(entry: Entry) -> tuple[str, ...]:
    """The dictionary key of an entry within its map."""
    if isinstance(entry, User | Tablespace):
        return (entry.name,)
    if isinstance(entry, Grants):
        return (entry.grantee,)
    if isinstance(entry, Unit) and entry.type in OWN_NAMESPACE:
        return (entry.owner, entry.name, entry.type)
    return (entry.owner, entry.name)


class Catalog:
    """All definitions of an instance."""

    def __init__(self) -> None:
        self.version = 1
        self.instance_name = ""
        self.public: set[tuple[str, str]] = set()  # SYS objects everybody may use
        self._next_id = 1
        self._entries: dict[str, dict[tuple[str, ...], Any]] = {
            kind: {} for kind in ("object", "body", "index", "user", "grants", "tablespace")
        }
        self._tables: dict[int, Table] = {}
        self._rows: Rows | None = None
        self._cache: dict[object, Any] = {}
        self._journal: list[tuple[str, tuple[str, ...], Any]] | None = None

    # ------------------------------------------------------------ reading

    @property
    def users(self) -> dict[tuple[str, ...], User]:
        """Users by (name,)."""
        return self._entries["user"]

    def user(self, name: str) -> User | None:
        """The user called `name` (stored form)."""
        return self._entries["user"].get((name,))

    def grants(self, grantee: str) -> Grants | None:
        """What was granted to a user, a role or PUBLIC."""
        return self._entries["grants"].get((grantee,))

    def tablespace(self, name: str) -> Tablespace | None:
        """The tablespace called `name`."""
        return self._entries["tablespace"].get((name,))

    def find(self, owner: str, name: str) -> SchemaObject | None:
        """The object of the schema's main namespace: no synonyms followed, no privileges."""
        return self._entries["object"].get((owner, name))

    def table(self, owner: str, name: str) -> Table | None:
        """The table, or None when there is none or the name means something else."""
        found = self._entries["object"].get((owner, name))
        return found if isinstance(found, Table) else None

    def table_by_id(self, table_id: int) -> Table | None:
        """The table with this object id."""
        return self._tables.get(table_id)

    def index(self, owner: str, name: str) -> Index | None:
        """The index called `name`."""
        return self._entries["index"].get((owner, name))

    def unit(self, owner: str, name: str, unit_type: str) -> Unit | None:
        """The stored PL/SQL unit of exactly this type."""
        if unit_type in OWN_NAMESPACE:
            return self._entries["body"].get((owner, name, unit_type))
        found = self._entries["object"].get((owner, name))
        return found if isinstance(found, Unit) and found.type == unit_type else None

    def all(self, kind: type[T]) -> list[T]:
        """Every entry of a class, sorted by key."""
        maps = [self._entries[_map_of_class(kind)]]
        if kind is Unit:
            maps.append(self._entries["body"])
        found = [
            (key, entry)
            for entries in maps
            for key, entry in list(entries.items())
            if isinstance(entry, kind)
        ]
        return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]

    def indexes_of(self, table: Table) -> list[Index]:
        """The table's indexes, sorted by owner and name."""
        by_table: dict[tuple[str, str], list[Index]] | None = self._cache.get("indexes")
        if by_table is None:
            by_table = {}
            for index in self.all(Index):
                by_table.setdefault(index.table, []).append(index)
            self._cache["indexes"] = by_table
        return by_table.get((table.owner, table.name), [])

    def sequence(self, owner: str, name: str) -> Sequence:
        """The sequence, ORA-02289 when there is none."""
        found = self.find(owner, name)
        if not isinstance(found, Sequence):
            raise OraError(2289)
        return found

    def triggers_of(self, table: Table | View) -> list[Unit]:
        """The triggers on a table or view, sorted by owner and name."""
        wanted = (table.owner, table.name)
        return [u for u in self.all(Unit) if u.type == "TRIGGER" and u.trigger_on == wanted]

    def temporary_tables(self) -> list[Table]:
        """The GLOBAL TEMPORARY tables."""
        return [table for table in list(self._tables.values()) if table.temporary]

    def constraint_owner(self, owner: str, name: str) -> tuple[Table, Constraint] | None:
        """The table in schema `owner` that has the constraint `name`."""
        for table in self.all(Table):
            if table.owner == owner and (found := table.constraint(name)) is not None:
                return table, found
        return None

    def children_of(self, table: Table) -> list[tuple[Table, Constraint]]:
        """The enabled foreign keys that point at `table`."""
        by_parent: dict[tuple[str, str], list[tuple[Table, Constraint]]] | None
        by_parent = self._cache.get("children")
        if by_parent is None:
            by_parent = {}
            for child in self.all(Table):
                for constraint in child.constraints:
                    if constraint.type == "R" and constraint.enabled and constraint.references:
                        parent = constraint.references[:2]
                        by_parent.setdefault(parent, []).append((child, constraint))
            self._cache["children"] = by_parent
        return by_parent.get((table.owner, table.name), [])

    def cached(self, key: object, make: Callable[[], T]) -> T:
        """A value derived from the dictionary, kept until the dictionary changes."""
        if key not in self._cache:
            self._cache[key] = make()
        found: T = self._cache[key]
        return found

    # ------------------------------------------------------------ changing

    def bind(self, rows: Rows) -> None:
        """Use `rows` for keeping; make the table when missing, read everything."""
        self._rows = rows
        rows.execute(
            'CREATE TABLE IF NOT EXISTS main."$CATALOG"'
            "(kind TEXT, key TEXT, body TEXT, PRIMARY KEY(kind, key)) WITHOUT ROWID"
        )
        rows.execute('CREATE TABLE IF NOT EXISTS main."$STATE"(name TEXT PRIMARY KEY, value)')
        for kind, body in rows.execute('SELECT kind, body FROM main."$CATALOG"'):
            entry = catalog_codec.load(body)
            self._entries[kind][key_of(entry)] = entry
            if isinstance(entry, Table):
                self._tables[entry.id] = entry
        self._next_id = int(self.state("next_id", 1000))

    def state(self, name: str, default: int | str) -> int | str:
        """One kept scalar."""
        rows = list(self._kept().execute('SELECT value FROM main."$STATE" WHERE name=?', (name,)))
        return rows[0][0] if rows else default

    def set_state(self, name: str, value: int | str) -> None:
        """Keep one scalar (inside a physical transaction)."""
        self._kept().execute('REPLACE INTO main."$STATE" VALUES(?,?)', (name, value))

    def new_id(self) -> int:
        """A new object id (inside `change`)."""
        self._next_id += 1
        return self._next_id

    @contextmanager
    def change(self) -> Iterator[None]:
        """Changes made inside become one new version, or none of them happened."""
        if self._journal is not None:
            yield
            return
        self._journal = []
        next_id = self._next_id
        try:
            yield
            if self._next_id != next_id:
                self.set_state("next_id", self._next_id)
        except BaseException:
            self._undo(self._journal)
            raise
        else:
            self.version += 1
        finally:
            self._journal = None

    def put(self, entry: Entry) -> None:
        """Add an entry or replace the one of the same name."""
        kind = _map_of(entry)
        key = key_of(entry)
        self._remember(kind, key)
        self._cache = {}
        self._entries[kind][key] = entry
        if isinstance(entry, Table):
            self._tables[entry.id] = entry
        self._kept().execute(
            'REPLACE INTO main."$CATALOG" VALUES(?,?,?)',
            (kind, "\0".join(key), catalog_codec.dump(entry)),
        )

    def remove(self, entry: Entry) -> None:
        """Remove an entry."""
        kind = _map_of(entry)
        key = key_of(entry)
        self._remember(kind, key)
        self._cache = {}
        del self._entries[kind][key]
        if isinstance(entry, Table):
            del self._tables[entry.id]
        self._kept().execute(
            'DELETE FROM main."$CATALOG" WHERE kind=? AND key=?', (kind, "\0".join(key))
        )

    def free_name(self, owner: str, name: str) -> None:
        """ORA-00955 when the main namespace of the schema already has `name`."""
        if self.find(owner, name) is not None:
            raise OraError(955)

    def install(self, entry: Entry) -> None:
        """Add a built-in entry, in memory only; one of that name that was kept wins."""
        self._entries[_map_of(entry)].setdefault(key_of(entry), entry)
        self._cache = {}

    def note_sequence(self, sequence: Sequence, next_value: int) -> None:
        """Keep a sequence's high-water mark; no new version, nothing to undo."""
        moved = replace(sequence, next_value=next_value)
        self._entries["object"][key_of(moved)] = moved
        self._kept().execute(
            'REPLACE INTO main."$CATALOG" VALUES(?,?,?)',
            ("object", "\0".join(key_of(moved)), catalog_codec.dump(moved)),
        )

    def _remember(self, kind: str, key: tuple[str, ...]) -> None:
        if self._journal is None:
            raise AssertionError("catalog changed outside change()")
        self._journal.append((kind, key, self._entries[kind].get(key)))

    def _undo(self, journal: list[tuple[str, tuple[str, ...], Any]]) -> None:
        self._cache = {}
        for kind, key, old in reversed(journal):
            current = self._entries[kind].pop(key, None)
            if isinstance(current, Table):
                self._tables.pop(current.id, None)
            if old is not None:
                self._entries[kind][key] = old
                if isinstance(old, Table):
                    self._tables[old.id] = old

    def _kept(self) -> Rows:
        if self._rows is None:
            raise AssertionError("catalog used before bind()")
        return self._rows


def now() -> dt.datetime:
    """The server's clock as DATE columns of the dictionary show it."""
    return dt.datetime.now().replace(microsecond=0)


def _map_of(entry: Entry) -> str:
    if isinstance(entry, Unit) and entry.type in OWN_NAMESPACE:
        return "body"
    return _map_of_class(type(entry))


def _map_of_class(cls: type) -> str:
    if cls in (Table, View, Sequence, Synonym, Unit):
        return "object"
    return {Index: "index", User: "user", Grants: "grants", Tablespace: "tablespace"}[cls]
