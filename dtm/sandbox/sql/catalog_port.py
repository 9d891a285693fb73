"""The dictionary for the PL/SQL interpreter: kernel.ports.CatalogPort over the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dtm.sandbox.kernel.ports import SessionContext, StoredUnit, UnitError
from dtm.sandbox.kernel.types import Column, OraType
from dtm.sandbox.sql import metadata
from dtm.sandbox.sql.catalog import Catalog, now
from dtm.sandbox.sql.catalog_model import Index, Table, Unit, View
from dtm.sandbox.sql.dependencies import invalidate
from dtm.sandbox.sql.engine_views import REFRESH
from dtm.sandbox.sql.privileges import Resolver, active_roles, has_object_privilege
from dtm.sandbox.sql.storage_instance import Instance

Errors = tuple[tuple[int, int, str, str], ...]
JOBS = "scheduler jobs"  # Instance.attributes
StatisticsWork = Callable[[Catalog, Table], None]


class CatalogAccess:
    """One session's view of stored units and tables."""

    def __init__(self, instance: Instance, context: SessionContext) -> None:
        self._instance = instance
        self._catalog = instance.catalog
        self._context = context
        self._resolver = Resolver(instance.catalog, context)

    def version(self) -> int:
        """Grows with every DDL in the instance."""
        return self._catalog.version

    def unit(self, owner: str, name: str, unit_type: str) -> StoredUnit | None:
        """The stored unit of exactly this type."""
        found = self._catalog.unit(owner, name, unit_type)
        if found is None or (not found.text and found.owner == "SYS"):
            return None
        return StoredUnit(
            found.owner,
            found.name,
            found.type,
            found.text,
            found.status,
            found.version,
            found.settings,
        )

    def put_unit(self, unit: StoredUnit, errors: Sequence[UnitError]) -> None:
        """Store (replace) a unit. A new text gets a new version and makes what depends on it
        INVALID; the same text with another outcome keeps its version."""
        kept: Errors = tuple((e.line, e.position, e.text, e.attribute) for e in errors)

        def work() -> None:
            old = self._catalog.unit(unit.owner, unit.name, unit.type)
            self._catalog.put(self._merged(unit, old, kept))
            changed = old is None or old.text != unit.text or old.settings != dict(unit.settings)
            if changed and unit.type not in ("PACKAGE BODY", "TYPE BODY", "TRIGGER"):
                invalidate(self._catalog, unit.owner, unit.name, by=unit.type)

        old = self._catalog.unit(unit.owner, unit.name, unit.type)
        if old is not None and self._merged(unit, old, kept) == old:
            return
        self._store(work)

    def _merged(self, unit: StoredUnit, old: Unit | None, errors: Errors) -> Unit:
        settings = dict(unit.settings)
        trigger_on = None
        if unit.type == "TRIGGER" and "TABLE_NAME" in settings:
            trigger_on = (settings["TABLE_OWNER"], settings["TABLE_NAME"])
        if old is None:
            moment = now()
            return Unit(
                id=self._catalog.new_id(),
                owner=unit.owner,
                name=unit.name,
                type=unit.type,
                text=unit.text,
                status=unit.status,
                version=self._catalog.new_id(),
                settings=settings,
                errors=errors,
                trigger_on=trigger_on,
                enabled=settings.get("STATUS", "ENABLED") == "ENABLED",
                created=moment,
                last_ddl=moment,
                timestamp=moment,
            )
        same = old.text == unit.text and dict(old.settings) == settings
        changed = replace(
            old,
            text=unit.text,
            status=unit.status,
            settings=settings,
            errors=errors,
            trigger_on=trigger_on,
        )
        if changed == old:
            return old
        if same:
            return replace(changed, last_ddl=now())
        moment = now()
        return replace(
            changed,
            version=self._catalog.new_id(),
            enabled=settings.get("STATUS", "ENABLED") == "ENABLED",
            last_ddl=moment,
            timestamp=moment,
        )

    def set_dependencies(
        self,
        owner: str,
        name: str,
        unit_type: str,
        on: Sequence[tuple[str, str, str]],
        uses: Mapping[tuple[str, str], tuple[str, ...]],
    ) -> None:
        """Record what a unit depends on: (owner, name, type), and which columns it uses."""
        found = self._catalog.unit(owner, name, unit_type)
        if found is None:
            return
        kept = replace(found, depends_on=tuple(on), uses=self._columns_used(uses))
        if kept != found:
            self._store(lambda: self._catalog.put(kept))

    def _columns_used(
        self, uses: Mapping[tuple[str, str], tuple[str, ...]]
    ) -> dict[str, tuple[str, ...]]:
        """Of the words of a statement those that are columns now."""
        used = {}
        for (owner, name), words in uses.items():
            known = {c.name for c in self.columns(owner, name) or ()} | {"*", "+"}
            used[f"{owner}.{name}"] = tuple(word for word in words if word in known)
        return used

    def _store(self, work: Callable[[], None]) -> None:
        """As DDL; inside a running SQL statement (recompile on use) the commit waits for its end."""
        database = self._instance.database
        with database.mutex:
            if not database.depth:
                with database.atomic():
                    work()
                return
            database.begin()
            with self._catalog.change():
                work()
            database.want_commit()

    def resolve(self, path: tuple[str, ...], schema: str) -> tuple[str, str, str] | None:
        """(owner, name, object type) of what a name means in `schema`; None when there is
        nothing the session may see."""
        found = self._resolver.find(path, schema)
        if found is None:
            return None
        kind = found.type if isinstance(found, Unit) else type(found).__name__.upper()
        return found.owner, found.name, kind

    def column_type(self, owner: str, table: str, column: str) -> OraType | None:
        """For table.column%TYPE."""
        for described in self.columns(owner, table) or ():
            if described.name == column:
                return described.type
        return None

    def columns(self, owner: str, table: str) -> tuple[Column, ...] | None:
        """For %ROWTYPE: the columns of a table or view in order."""
        found = self._catalog.find(owner, table)
        if isinstance(found, Table):
            return found.described
        if isinstance(found, View):
            return self._refreshed(found).columns
        return None

    def _refreshed(self, view: View) -> View:
        """An INVALID view compiled anew."""
        refresh = self._instance.attributes.get(REFRESH)
        session = self._instance.sessions.get(self._context.sid)
        if view.status == "VALID" or refresh is None or session is None:
            return view
        found: View = refresh(session, view)
        return found

    def change_statistics(self, owner: str, name: str, work: StatisticsWork) -> bool:
        """Run `work(catalog, table)` as DDL; False when there is no such table to be seen."""
        found = self._resolver.find((owner, name), owner)
        if not isinstance(found, Table):
            return False
        table = found
        self._store(lambda: work(self._catalog, table))
        return True

    def table(self, owner: str, name: str) -> Table | None:
        """A table the session may see."""
        found = self._resolver.find((owner, name), owner)
        return found if isinstance(found, Table) else None

    def index(self, owner: str, name: str) -> Index | None:
        """An index on a table the session may see."""
        found = self._catalog.index(owner, name)
        return found if found is not None and self.table(*found.table) is not None else None

    def jobs(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The scheduler's jobs, by owner and name; they last as long as the instance is open."""
        found: dict[tuple[str, str], dict[str, Any]]
        found = self._instance.attributes.setdefault(JOBS, {})
        return found

    def change_number(self) -> int:
        """The current SCN."""
        return self._instance.transactions.statement

    def ddl_of(self, kind: str, owner: str, name: str) -> str | None:
        """CREATE of an object the session may see."""
        found = (
            self._catalog.index(owner, name)
            if kind == "INDEX"
            else (self._resolver.find((owner, name), owner))
        )
        return None if found is None else metadata.create(self._catalog, found, kind)

    def tables_of(self, owner: str) -> list[str]:
        """The names of a schema's tables."""
        return sorted(t.name for t in self._catalog.all(Table) if t.owner == owner)

    def can_execute(self, owner: str, name: str, schema: str) -> bool:
        """May a unit of `schema` (an anonymous block: the session's user) call owner.name?"""
        found = self._catalog.find(owner, name)
        if not isinstance(found, Unit):
            return False
        context = self._context
        roles = active_roles(self._catalog, context)
        user = schema if context.effective_user is not None else context.user
        return has_object_privilege(self._catalog, user, found, ("EXECUTE",), roles=roles)
