"""Who may do what: system privileges, roles, object privileges, name resolution with both.

Rules: Database Security Guide 19c, "Configuring Privilege and Role Authorization". Something the
user may not see does not exist (ORA-00942); something seen without the right needed is
ORA-01031. Roles do not count inside definer-rights units (`effective_user` is set).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import (
    Grants,
    SchemaObject,
    Sequence,
    Synonym,
    Table,
    Unit,
    View,
)

PUBLIC = "PUBLIC"
SYS = "SYS"
_MOST_SYNONYMS = 8  # in a chain
ENABLED_ROLES = "enabled roles"  # key of SessionContext.state after SET ROLE
# Which roles count: all of the user's, none, or the enabled ones (and those granted to them).
Roles = bool | frozenset[str]
# The privilege that gives an object privilege on everybody's objects.
_ANY: dict[str, dict[str, tuple[str, ...]]] = {
    "table": {
        "SELECT": ("SELECT ANY TABLE", "READ ANY TABLE"),
        "READ": ("SELECT ANY TABLE", "READ ANY TABLE"),
        "INSERT": ("INSERT ANY TABLE",),
        "UPDATE": ("UPDATE ANY TABLE",),
        "DELETE": ("DELETE ANY TABLE",),
        "ALTER": ("ALTER ANY TABLE",),
        "INDEX": ("CREATE ANY INDEX",),
        "REFERENCES": (),
    },
    "sequence": {"SELECT": ("SELECT ANY SEQUENCE",), "ALTER": ("ALTER ANY SEQUENCE",)},
    "unit": {"EXECUTE": ("EXECUTE ANY PROCEDURE",), "DEBUG": ("DEBUG ANY PROCEDURE",)},
    "type": {"EXECUTE": ("EXECUTE ANY TYPE",)},
}


def active_roles(catalog: Catalog, context: SessionContext) -> Roles:
    """The roles that count for a session now: none inside a definer-rights unit, those of the
    last SET ROLE, else the user's default roles."""
    if getattr(context, "effective_user", None) is not None:
        return False
    enabled: frozenset[str] | None = context.state.get(ENABLED_ROLES)
    if enabled is not None:
        return enabled
    user = catalog.user(context.user)
    if user is None or user.default_roles is None:
        return True
    return frozenset(user.default_roles)


def granted_sets(catalog: Catalog, user: str, *, roles: Roles = True) -> Iterator[Grants]:
    """The grants that count for a user: own, PUBLIC's, and those of all roles beneath."""
    seen: set[str] = set()
    enabled = roles if isinstance(roles, frozenset) else frozenset()
    todo = [user, PUBLIC, *enabled]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        found = catalog.grants(name)
        if found is None:
            continue
        yield found
        if roles is True or (found.is_role and roles):
            todo.extend(found.roles)


def has_system_privilege(
    catalog: Catalog, user: str, privilege: str, *, roles: Roles = True
) -> bool:
    """True when the user has the system privilege, itself or through a role."""
    if user == SYS:
        return True
    return any(privilege in g.system for g in granted_sets(catalog, user, roles=roles))


def has_object_privilege(
    catalog: Catalog,
    user: str,
    target: SchemaObject,
    privileges: Iterable[str],
    *,
    roles: Roles = True,
) -> bool:
    """True when the user owns the object or was granted one of `privileges` on it (on any of its
    columns, too), or on all such objects."""
    if user in (SYS, target.owner):
        return True
    wanted = set(privileges)
    if target.owner == SYS and _dictionary(catalog, user, target, wanted, roles=roles):
        return True
    anybody = {p for w in wanted for p in _ANY[_class_of(target)].get(w, ())}
    if target.owner == SYS:
        anybody = set()  # O7_DICTIONARY_ACCESSIBILITY is FALSE
    for grants in granted_sets(catalog, user, roles=roles):
        if anybody & set(grants.system):
            return True
        for owner, name, privilege, _ in grants.objects:
            if owner == target.owner and name == target.name and privilege in wanted:
                return True
    return False


def _dictionary(
    catalog: Catalog, user: str, target: SchemaObject, wanted: set[str], *, roles: Roles
) -> bool:
    """SYS's own: what PUBLIC may use; dictionary views for SELECT ANY DICTIONARY and
    SELECT_CATALOG_ROLE, packages for EXECUTE_CATALOG_ROLE."""
    if (SYS, target.name) in catalog.public:
        return bool(wanted & {"SELECT", "READ", "EXECUTE"})
    sets = granted_sets(catalog, user, roles=roles)
    if isinstance(target, Unit) and "EXECUTE" in wanted:
        return any(g.grantee == "EXECUTE_CATALOG_ROLE" for g in sets)
    if not isinstance(target, View) or not wanted & {"SELECT", "READ"}:
        return False
    return any(
        "SELECT ANY DICTIONARY" in g.system or g.grantee == "SELECT_CATALOG_ROLE" for g in sets
    )


def column_privileges(
    catalog: Catalog, user: str, target: SchemaObject, privilege: str, *, roles: Roles = True
) -> frozenset[str] | None:
    """The columns a privilege is limited to; None when it covers the whole object."""
    columns: set[str] = set()
    anybody = set(_ANY[_class_of(target)].get(privilege, ()))
    for grants in granted_sets(catalog, user, roles=roles):
        if anybody & set(grants.system):
            return None
        for owner, name, granted, column in grants.objects:
            if (owner, name, granted) == (target.owner, target.name, privilege):
                if not column:
                    return None
                columns.add(column)
    if not columns or has_object_privilege(catalog, user, target, ()):
        return None
    return frozenset(columns)


def _class_of(target: SchemaObject) -> str:
    if isinstance(target, Sequence):
        return "sequence"
    if isinstance(target, Unit):
        return "type" if target.type == "TYPE" else "unit"
    return "table"


def may_see(catalog: Catalog, user: str, target: SchemaObject, *, roles: Roles = True) -> bool:
    """True when the object exists for this user: any privilege on it, or an ANY privilege."""
    every = _ANY[_class_of(target)]
    return has_object_privilege(
        catalog, user, target, [*every, "READ", "DEBUG", "FLASHBACK"], roles=roles
    )


class Resolver:
    """Name resolution for one session: own schema, private synonym, public synonym."""

    def __init__(self, catalog: Catalog, context: SessionContext) -> None:
        self.catalog = catalog
        self.context = context

    @property
    def user(self) -> str:
        """The user whose privileges count now."""
        return getattr(self.context, "effective_user", None) or self.context.user

    @property
    def roles(self) -> Roles:
        """Which roles count now: none inside a definer-rights unit."""
        return active_roles(self.catalog, self.context)

    def find(self, path: tuple[str, ...], schema: str | None = None) -> SchemaObject | None:
        """The object a name means for this session, synonyms followed; None when there is none,
        or none it may see. `path` is (name,) or (owner, name)."""
        found = self._lookup(path, schema or self.context.current_schema)
        if found is None or not may_see(self.catalog, self.user, found, roles=self.roles):
            return None
        return found

    def _lookup(self, path: tuple[str, ...], home: str) -> SchemaObject | None:
        if len(path) > 1:
            found = self.catalog.find(path[0], path[1])
        else:
            found = self.catalog.find(home, path[0]) or self.catalog.find(PUBLIC, path[0])
        for _ in range(_MOST_SYNONYMS):
            if not isinstance(found, Synonym):
                break
            found = self.catalog.find(found.target_owner, found.target_name)
        return found

    def synonyms(self, path: tuple[str, ...]) -> list[tuple[str, str, str]]:
        """The synonyms a name goes through: (owner, name, SYNONYM)."""
        home = self.context.current_schema
        owner, name = path if len(path) > 1 else (home, path[0])
        found = self.catalog.find(owner, name)
        if found is None and len(path) == 1:
            found = self.catalog.find(PUBLIC, name)
        passed: list[tuple[str, str, str]] = []
        while isinstance(found, Synonym) and len(passed) < _MOST_SYNONYMS:
            passed.append((found.owner, found.name, "SYNONYM"))
            found = self.catalog.find(found.target_owner, found.target_name)
        return passed

    def relation(self, path: tuple[str, ...], privilege: str, offset: int = 0) -> Table | View:
        """The table or view with the right to SELECT, INSERT ...; ORA-00942, ORA-01031."""
        found = self.find(path)
        if not isinstance(found, Table | View):
            raise OraError(942, offset=offset)
        wanted = ("SELECT", "READ") if privilege == "SELECT" else (privilege,)
        if not has_object_privilege(self.catalog, self.user, found, wanted, roles=self.roles):
            raise OraError(1031, offset=offset)
        return found

    def sequence(self, path: tuple[str, ...], offset: int = 0) -> Sequence:
        """The sequence a name means; ORA-02289 when there is none the session may use."""
        found = self.find(path)
        if not isinstance(found, Sequence):
            raise OraError(2289, offset=offset)
        if not has_object_privilege(self.catalog, self.user, found, ("SELECT",), roles=self.roles):
            raise OraError(1031, offset=offset)
        return found

    def require(self, privilege: str) -> None:
        """ORA-01031 unless the user has the system privilege."""
        if not has_system_privilege(self.catalog, self.user, privilege, roles=self.roles):
            raise OraError(1031)

    def has(self, privilege: str) -> bool:
        """True when the user has the system privilege."""
        return has_system_privilege(self.catalog, self.user, privilege, roles=self.roles)

    def require_for(self, owner: str, own: str, other: str) -> None:
        """The privilege to work in a schema: `own` in one's own, `other` (ANY) elsewhere."""
        self.require(own if owner == self.user else other)
