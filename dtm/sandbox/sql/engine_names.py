"""Name resolution for the translator: the dictionary with the session's privileges."""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import dictionary
from dtm.sandbox.sql.bind_context import Names
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Sequence, Synonym, Table, Unit, View
from dtm.sandbox.sql.dictionary_base import DictionaryView
from dtm.sandbox.sql.privileges import Resolver, column_privileges, has_object_privilege

PUBLIC = "PUBLIC"
SYS = "SYS"
Relation = Table | View | DictionaryView


def seen_through(found: Table | View) -> Relation:
    """A dictionary view lies in the catalog as a view of SYS without text."""
    if isinstance(found, View) and found.owner == SYS and not found.text:
        view = dictionary.find(found.name)
        if view is not None:
            return view
    return found


class SessionNames:
    """Names as the session sees them; remembers what was used (dependencies)."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.used: list[tuple[str, str, str]] = []

    def relation(self, path: tuple[str, ...], privilege: str, offset: int) -> Relation:
        """A table, a view, or a dictionary view; ORA-00942, ORA-01031."""
        found = self.resolver.relation(path, privilege, offset)
        self.used += self.resolver.synonyms(path)
        kind = "TABLE" if isinstance(found, Table) else "VIEW"
        self.used.append((found.owner, found.name, kind))
        return seen_through(found)

    def sequence(self, path: tuple[str, ...], offset: int) -> Sequence:
        """ORA-02289, ORA-01031."""
        found = self.resolver.sequence(path, offset)
        self.used += self.resolver.synonyms(path)
        self.used.append((found.owner, found.name, "SEQUENCE"))
        return found

    def may_read(self, table: Table) -> bool:
        """SELECT or READ on the table."""
        resolver = self.resolver
        wanted = ("SELECT", "READ")
        return has_object_privilege(
            resolver.catalog, resolver.user, table, wanted, roles=resolver.roles
        )

    def columns_allowed(self, table: Table, privilege: str) -> frozenset[str] | None:
        """The columns INSERT or UPDATE is limited to; None: all."""
        resolver = self.resolver
        return column_privileges(
            resolver.catalog, resolver.user, table, privilege, roles=resolver.roles
        )

    def triggers(self, table: Table | View) -> list[Unit]:
        return self.resolver.catalog.triggers_of(table)

    def inside_view(self, view: View) -> Names:
        """A view's query is resolved in its owner's schema, with its owner's rights."""
        return OwnerNames(self.resolver.catalog, view.owner)


class OwnerNames:
    """Names as the owner of a view, a default or a constraint sees them. Its privileges were
    checked when the object was made."""

    def __init__(self, catalog: Catalog, owner: str) -> None:
        self.catalog = catalog
        self.owner = owner

    def _find(self, path: tuple[str, ...]) -> object:
        if len(path) > 1:
            found = self.catalog.find(path[0], path[1])
        else:
            found = self.catalog.find(self.owner, path[0]) or self.catalog.find(PUBLIC, path[0])
        for _ in range(8):
            if not isinstance(found, Synonym):
                break
            found = self.catalog.find(found.target_owner, found.target_name)
        return found

    def relation(self, path: tuple[str, ...], privilege: str, offset: int) -> Relation:
        """A table, a view, or a dictionary view; ORA-00942."""
        del privilege
        found = self._find(path)
        if isinstance(found, Table | View):
            return seen_through(found)
        raise OraError(942, offset=offset)

    def sequence(self, path: tuple[str, ...], offset: int) -> Sequence:
        """ORA-02289."""
        found = self._find(path)
        if not isinstance(found, Sequence):
            raise OraError(2289, offset=offset)
        return found

    def may_read(self, table: Table) -> bool:
        """The owner may."""
        del table
        return True

    def columns_allowed(self, table: Table, privilege: str) -> frozenset[str] | None:
        """Nothing is limited for an owner."""
        del table, privilege
        return None

    def triggers(self, table: Table | View) -> list[Unit]:
        return self.catalog.triggers_of(table)

    def inside_view(self, view: View) -> Names:
        return OwnerNames(self.catalog, view.owner)
