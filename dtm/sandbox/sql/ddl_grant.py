"""GRANT and REVOKE (SQL Language Reference 19c, GRANT, REVOKE)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog_model import (
    Grants,
    SchemaObject,
    Sequence,
    Synonym,
    Table,
    Unit,
    View,
)
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_revoke import Target, settle_revoked
from dtm.sandbox.sql.ddl_tokens import Name, Tokens
from dtm.sandbox.sql.ddl_user import role_name
from dtm.sandbox.sql.privilege_names import OBJECT_PRIVILEGES, SYSTEM_PRIVILEGES
from dtm.sandbox.sql.privileges import granted_sets

_ALL_OBJECT = frozenset(p for names in OBJECT_PRIVILEGES.values() for p in names)
_LONGEST = 5  # words of a privilege name


@dataclass(slots=True)
class Item:
    """One thing to grant: a privilege or role, with columns for object privileges."""

    name: str
    columns: tuple[str, ...]
    offset: int


def grant(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """After GRANT."""
    return _Statement(ddl, tokens, granting=True).run()


def revoke(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """After REVOKE."""
    return _Statement(ddl, tokens, granting=False).run()


class _Statement:
    def __init__(self, ddl: Ddl, tokens: Tokens, *, granting: bool) -> None:
        self.ddl = ddl
        self.granting = granting
        self.revoked: Target | None = None  # whose privileges were taken
        self.items = [_item(tokens)]
        while tokens.accept(","):
            self.items.append(_item(tokens))
        self.target: Name | None = None
        if tokens.accept("ON"):
            if tokens.at_any("DIRECTORY", "USER", "EDITION", "JAVA"):
                tokens.unsupported(455, f"GRANT ... ON {tokens.here.value}")
            self.target = tokens.name(903)
        tokens.expect("TO" if granting else "FROM")
        self.grantees = [self._grantee(tokens)]
        while tokens.accept(","):
            self.grantees.append(self._grantee(tokens))
        self.option = False
        self._options(tokens)
        tokens.finish(933)

    def _options(self, tokens: Tokens) -> None:
        if self.granting and tokens.accept("WITH"):
            word = tokens.accept_any("GRANT", "ADMIN", "HIERARCHY", "DELEGATE")
            if word not in ("GRANT", "ADMIN"):
                tokens.fail(993)
            tokens.expect("OPTION")
            self.option = True
        elif not self.granting and tokens.accept("CASCADE"):
            tokens.expect("CONSTRAINTS")
        if tokens.accept("CONTAINER"):
            tokens.expect("=")
            tokens.advance()

    def _grantee(self, tokens: Tokens) -> str:
        name = role_name(tokens)
        catalog = self.ddl.catalog
        if tokens.at("IDENTIFIED"):
            tokens.unsupported(456, "GRANT ... IDENTIFIED BY")
        if catalog.grants(name) is None and catalog.user(name) is None:
            raise OraError(1917, name)
        return name

    def run(self) -> DdlResult:
        """Check, then change every grantee."""
        change = self._objects() if self.target is not None else self._systems()

        def work() -> None:
            for grantee in self.grantees:
                current = self.ddl.catalog.grants(grantee) or Grants(grantee)
                self.ddl.catalog.put(change(current))
            if not self.granting:
                settle_revoked(self.ddl, self.revoked)

        self.ddl.run(work)
        return DdlResult("GRANT" if self.granting else "REVOKE")

    # ------------------------------------------------------------ system privileges, roles

    def _systems(self) -> Callable[[Grants], Grants]:
        names: set[str] = set()
        roles: set[str] = set()
        for item in self.items:
            if item.name == "ALL PRIVILEGES":
                names |= SYSTEM_PRIVILEGES
            elif item.name in SYSTEM_PRIVILEGES:
                names.add(item.name)
            elif (role := self.ddl.catalog.grants(item.name)) is not None and role.is_role:
                roles.add(item.name)
            elif " " in item.name or item.name in _ALL_OBJECT:
                raise OraError(990, offset=item.offset)
            else:
                raise OraError(1919, item.name, offset=item.offset)
        self._may_grant_system(names, roles)

        def change(current: Grants) -> Grants:
            if self.granting:
                self._no_cycle(current, roles)
                system = {**current.system, **dict.fromkeys(names, self.option)}
                return replace(
                    current,
                    system=system,
                    roles={**current.roles, **dict.fromkeys(roles, self.option)},
                )
            for name in names if len(self.items) == 1 else ():
                if name not in current.system and self.items[0].name != "ALL PRIVILEGES":
                    raise OraError(1952)
            for name in roles:
                if name not in current.roles:
                    raise OraError(1951, name, current.grantee)
            return replace(
                current,
                system={k: v for k, v in current.system.items() if k not in names},
                roles={k: v for k, v in current.roles.items() if k not in roles},
            )

        return change

    def _no_cycle(self, current: Grants, roles: set[str]) -> None:
        for role in roles:
            below = {g.grantee for g in granted_sets(self.ddl.catalog, role)}
            if current.is_role and current.grantee in below:
                raise OraError(1934)

    def _may_grant_system(self, names: set[str], roles: set[str]) -> None:
        ddl = self.ddl
        if ddl.user == "SYS":
            return
        sets = list(granted_sets(ddl.catalog, ddl.user, roles=ddl.resolver.roles))
        for name in names:
            if not ddl.resolver.has("GRANT ANY PRIVILEGE") and not any(
                g.system.get(name) for g in sets
            ):
                raise OraError(1031)
        for role in roles:
            if not ddl.resolver.has("GRANT ANY ROLE") and not any(g.roles.get(role) for g in sets):
                raise OraError(1932, role)

    # ------------------------------------------------------------ object privileges

    def _objects(self) -> Callable[[Grants], Grants]:
        target = self._target()
        if target.owner in self.grantees or self.ddl.user in self.grantees:
            raise OraError(1749)
        allowed = OBJECT_PRIVILEGES[_class_of(target)]
        keys: list[tuple[str, str, str, str]] = []
        for item in self.items:
            every = item.name in ("ALL", "ALL PRIVILEGES")
            if not every and item.name not in _ALL_OBJECT:
                raise OraError(990, offset=item.offset)
            if not every and item.name not in allowed:
                raise OraError(2224 if item.name == "EXECUTE" else 2204, offset=item.offset)
            for privilege in allowed if every else (item.name,):
                columns = item.columns or ("",)
                keys += [(target.owner, target.name, privilege, column) for column in columns]
        for _, _, _, column in keys:
            if column and not (isinstance(target, Table) and target.column(column)):
                raise OraError(904, f'"{column}"')
        grantor = self._grantor(target, {key[2] for key in keys})
        self.revoked = (target.owner, target.name)
        if self.granting:
            self._may_pass_on(target)
        explicit = not any(item.name.startswith("ALL") for item in self.items)
        return self._object_change(keys, grantor, explicit=explicit)

    def _object_change(
        self, keys: list[tuple[str, str, str, str]], grantor: str, *, explicit: bool
    ) -> Callable[[Grants], Grants]:
        def change(current: Grants) -> Grants:
            if self.granting:
                if self.option and current.is_role:
                    raise OraError(1926)
                added = dict.fromkeys(keys, (self.option, grantor))
                return replace(current, objects={**current.objects, **added})
            if explicit and not any(key in current.objects for key in keys):
                raise OraError(1927)
            kept = {k: v for k, v in current.objects.items() if k not in keys}
            return replace(current, objects=kept)

        return change

    def _may_pass_on(self, target: SchemaObject) -> None:
        """ORA-01720: a view's owner may let others in only where it has GRANT OPTION itself."""
        if not isinstance(target, View) or all(g == target.owner for g in self.grantees):
            return
        for owner, name in target.depends_on:
            beneath = self.ddl.catalog.find(owner, name)
            if owner == target.owner or not isinstance(beneath, Table | View):
                continue
            own = self.ddl.catalog.grants(target.owner)
            granted = own.objects if own is not None else {}
            keys = [(owner, name, p, "") for p in ("SELECT", "READ")]
            if not any(granted.get(key, (False, ""))[0] for key in keys) and owner != "SYS":
                raise OraError(1720, f"{owner}.{name}")

    def _target(self) -> SchemaObject:
        ddl, name = self.ddl, self.target
        if name is None:
            raise OraError(903)
        owner = name.owner(ddl.schema)
        found = ddl.catalog.find(owner, name.last)
        if isinstance(found, Synonym):
            found = ddl.catalog.find(found.target_owner, found.target_name)
        if found is None and len(name.parts) == 1:
            found = ddl.resolver.find(name.parts)
        if found is None or (
            found.owner != ddl.user
            and not ddl.resolver.has("GRANT ANY OBJECT PRIVILEGE")
            and ddl.resolver.find((found.owner, found.name)) is None
        ):
            raise OraError(942, offset=name.offset)
        return found

    def _grantor(self, target: SchemaObject, privileges: set[str]) -> str:
        """Who grants: the owner, someone with GRANT OPTION; ORA-01031, ORA-01720."""
        ddl = self.ddl
        if ddl.user in (target.owner, "SYS") or ddl.resolver.has("GRANT ANY OBJECT PRIVILEGE"):
            return target.owner
        for privilege in privileges:
            key = (target.owner, target.name, privilege, "")
            grants = ddl.catalog.grants(ddl.user)
            if grants is None or not grants.objects.get(key, (False, ""))[0]:
                raise OraError(1031)
        return ddl.user


def _class_of(target: SchemaObject) -> str:
    if isinstance(target, View):
        return "VIEW"
    if isinstance(target, Sequence):
        return "SEQUENCE"
    if isinstance(target, Unit):
        return "TYPE" if target.type == "TYPE" else "PROCEDURE"
    return "TABLE"


def _item(tokens: Tokens) -> Item:
    """A privilege of up to five words, or a role."""
    offset = tokens.here.offset
    words: list[str] = []
    while len(words) < _LONGEST and tokens.here.kind in ("ident", "quoted"):
        if words and tokens.at_any("ON", "TO", "FROM") and not tokens.at("ON", "COMMIT"):
            break
        words.append(tokens.advance().value)
    if not words:
        tokens.fail(990)
    name = " ".join(words)
    columns = tokens.path() if tokens.at("(") else ()
    return Item(name, columns, offset)
