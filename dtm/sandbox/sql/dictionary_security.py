"""USERS, privileges, roles, quotas (Database Reference 19c, DBA_USERS ... SESSION_PRIVS)."""

from __future__ import annotations

from collections.abc import Iterator

from dtm.sandbox.sql.catalog_model import Grants, Tablespace, User
from dtm.sandbox.sql.dictionary_base import Reader, Registry, Values, stamp
from dtm.sandbox.sql.privilege_names import SYSTEM_PRIVILEGES
from dtm.sandbox.sql.privileges import active_roles, granted_sets
from dtm.sandbox.sql.storage_space import UNLIMITED, quota_of

_TAB_PRIVS = """
GRANTEE:v128 OWNER:v128 TABLE_NAME:v128 GRANTOR:v128 PRIVILEGE:v40 GRANTABLE:v3 HIERARCHY:v3
COMMON:v3 TYPE:v24 INHERITED:v3
"""
_COL_PRIVS = """
GRANTEE:v128 OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v128 GRANTOR:v128 PRIVILEGE:v40 GRANTABLE:v3
COMMON:v3 INHERITED:v3
"""
_ALL_TAB_PRIVS = """
GRANTOR:v128 GRANTEE:v128 TABLE_SCHEMA:v128 TABLE_NAME:v128 PRIVILEGE:v40 GRANTABLE:v3
HIERARCHY:v3 COMMON:v3 TYPE:v24 INHERITED:v3
"""
_DBA_USERS = """
USERNAME:v128 USER_ID:n PASSWORD:v4000 ACCOUNT_STATUS:v32 LOCK_DATE:d EXPIRY_DATE:d
DEFAULT_TABLESPACE:v30 TEMPORARY_TABLESPACE:v30 LOCAL_TEMP_TABLESPACE:v30 CREATED:d PROFILE:v128
INITIAL_RSRC_CONSUMER_GROUP:v128 EXTERNAL_NAME:v4000 PASSWORD_VERSIONS:v17 EDITIONS_ENABLED:v1
AUTHENTICATION_TYPE:v8 LAST_LOGIN:t ORACLE_MAINTAINED:v1 COMMON:v3
"""
_MAINTAINED = ("SYS", "SYSTEM")


def _me(reader: Reader) -> str:
    return reader.context.effective_user or reader.context.user


def _users(reader: Reader) -> Iterator[Values]:
    for user in reader.all(User):
        states = [w for w, on in (("EXPIRED", user.expired), ("LOCKED", user.locked)) if on]
        maintained = user.name in _MAINTAINED
        yield (
            user.name, user.id, None, " & ".join(states) or "OPEN",
            stamp(user.created) if user.locked else None, None, user.default_tablespace,
            user.temporary_tablespace, user.temporary_tablespace, stamp(user.created),
            user.profile, "DEFAULT_CONSUMER_GROUP", None, "12C" if user.hash else None, "N",
            "PASSWORD" if user.hash else "NONE", None, "Y" if maintained else "N",
            "YES" if maintained else "NO",
        )  # fmt: skip


def _yes(flag: bool) -> str:
    return "YES" if flag else "NO"


def _sys_privs(reader: Reader) -> Iterator[Values]:
    for grants in reader.all(Grants):
        for privilege, admin in sorted(grants.system.items()):
            yield (grants.grantee, privilege, _yes(admin), "NO", "NO")


def _kind_of(reader: Reader, owner: str, name: str) -> str:
    found = reader.instance.catalog.find(owner, name)
    return getattr(found, "type", type(found).__name__.upper())


def _tab_privs(reader: Reader) -> Iterator[Values]:
    for grants in reader.all(Grants):
        for (owner, name, privilege, column), (grantable, grantor) in sorted(
            grants.objects.items()
        ):
            if column:
                continue
            yield (
                grants.grantee, owner, name, grantor, privilege, _yes(grantable), "NO", "NO",
                _kind_of(reader, owner, name), "NO",
            )  # fmt: skip


def _col_privs(reader: Reader) -> Iterator[Values]:
    for grants in reader.all(Grants):
        for (owner, name, privilege, column), (grantable, grantor) in sorted(
            grants.objects.items()
        ):
            if column:
                yield (
                    grants.grantee, owner, name, column, grantor, privilege, _yes(grantable),
                    "NO", "NO",
                )  # fmt: skip


def _all_tab_privs(reader: Reader) -> Iterator[Values]:
    mine = {_me(reader), "PUBLIC", *_my_roles(reader)}
    for r in _tab_privs(reader):
        if r[0] in mine or _me(reader) in (r[1], r[3]):
            yield (r[3], r[0], r[1], r[2], *r[4:])


def _role_privs(reader: Reader) -> Iterator[Values]:
    for grants in reader.all(Grants):
        user = reader.catalog.user(grants.grantee)
        default = user.default_roles if user is not None else None
        for role, admin in sorted(grants.roles.items()):
            used = default is None or role in default
            yield (grants.grantee, role, _yes(admin), "NO", _yes(used), "NO")


def _roles(reader: Reader) -> Iterator[Values]:
    for number, grants in enumerate(reader.all(Grants)):
        if grants.is_role:
            yield (grants.grantee, number, "NO", "NONE", "NO")


def _my_roles(reader: Reader) -> set[str]:
    """The roles that count now; none inside a definer-rights unit."""
    roles = active_roles(reader.catalog, reader.context)
    sets = granted_sets(reader.catalog, reader.context.user, roles=roles)
    return {grants.grantee for grants in sets if grants.is_role}


def _session_privs(reader: Reader) -> Iterator[Values]:
    user = _me(reader)
    if user == "SYS":
        names = set(SYSTEM_PRIVILEGES)
    else:
        roles = active_roles(reader.catalog, reader.context)
        sets = granted_sets(reader.instance.catalog, user, roles=roles)
        names = {privilege for grants in sets for privilege in grants.system}
    for name in sorted(names):
        yield (name,)


def _quotas(reader: Reader) -> Iterator[Values]:
    instance = reader.instance
    for user in reader.all(User):
        used = instance.space.user_bytes(user.name)
        for tablespace in reader.all(Tablespace):
            quota = user.quotas.get(tablespace.name)
            size = used.get(tablespace.name, 0)
            if quota is None and not size:
                continue
            most = (
                quota
                if quota is not None
                else quota_of(instance.catalog, user.name, tablespace.name)
            )
            blocks = UNLIMITED if most == UNLIMITED else most // 8192
            yield (tablespace.name, user.name, size, most, size // 8192, blocks, "NO")


def register(registry: Registry) -> None:
    """Add this module's views."""
    registry.add("DBA_USERS", _DBA_USERS, _users)
    registry.add(
        "ALL_USERS",
        "USERNAME:v128 USER_ID:n CREATED:d COMMON:v3 ORACLE_MAINTAINED:v1 INHERITED:v3",
        lambda s: [(r[0], r[1], r[9], r[18], r[17], "NO") for r in _users(s)],
        public=True,
    )
    registry.add(
        "USER_USERS",
        "USERNAME:v128 USER_ID:n ACCOUNT_STATUS:v32 LOCK_DATE:d EXPIRY_DATE:d "
        "DEFAULT_TABLESPACE:v30 TEMPORARY_TABLESPACE:v30 CREATED:d",
        lambda s: [
            (r[0], r[1], r[3], r[4], r[5], r[6], r[7], r[9]) for r in _users(s) if r[0] == _me(s)
        ],
        public=True,
    )
    registry.add(
        "DBA_SYS_PRIVS",
        "GRANTEE:v128 PRIVILEGE:v40 ADMIN_OPTION:v3 COMMON:v3 INHERITED:v3",
        _sys_privs,
    )
    registry.add(
        "USER_SYS_PRIVS",
        "USERNAME:v128 PRIVILEGE:v40 ADMIN_OPTION:v3 COMMON:v3 INHERITED:v3",
        lambda s: [row for row in _sys_privs(s) if row[0] in (_me(s), "PUBLIC")],
        public=True,
    )
    registry.add("DBA_TAB_PRIVS", _TAB_PRIVS, _tab_privs)
    registry.add(
        "USER_TAB_PRIVS",
        _TAB_PRIVS,
        lambda s: [r for r in _tab_privs(s) if _me(s) in (r[0], r[1], r[3])],
        public=True,
    )
    registry.add("ALL_TAB_PRIVS", _ALL_TAB_PRIVS, _all_tab_privs, public=True)
    registry.add("DBA_COL_PRIVS", _COL_PRIVS, _col_privs)
    registry.add(
        "USER_COL_PRIVS",
        _COL_PRIVS,
        lambda s: [r for r in _col_privs(s) if _me(s) in (r[0], r[1], r[4])],
        public=True,
    )
    registry.add(
        "USER_TAB_PRIVS_RECD",
        "OWNER:v128 TABLE_NAME:v128 GRANTOR:v128 PRIVILEGE:v40 GRANTABLE:v3 HIERARCHY:v3",
        lambda s: [(*r[1:7],) for r in _tab_privs(s) if r[0] == _me(s)],
        public=True,
    )
    _register_roles(registry)


def _register_roles(registry: Registry) -> None:
    role = "GRANTED_ROLE:v128 ADMIN_OPTION:v3 DELEGATE_OPTION:v3 DEFAULT_ROLE:v3 COMMON:v3"
    registry.add("DBA_ROLE_PRIVS", f"GRANTEE:v128 {role}", _role_privs)
    registry.add(
        "USER_ROLE_PRIVS",
        f"USERNAME:v128 {role}",
        lambda s: [r for r in _role_privs(s) if r[0] == _me(s)],
        public=True,
    )
    registry.add(
        "DBA_ROLES",
        "ROLE:v128 ROLE_ID:n PASSWORD_REQUIRED:v8 AUTHENTICATION_TYPE:v11 COMMON:v3",
        _roles,
    )
    registry.add(
        "ROLE_SYS_PRIVS",
        "ROLE:v128 PRIVILEGE:v40 ADMIN_OPTION:v3 COMMON:v3 INHERITED:v3",
        lambda s: [r for r in _sys_privs(s) if r[0] in _my_roles(s)],
        public=True,
    )
    registry.add("SESSION_PRIVS", "PRIVILEGE:v40", _session_privs, public=True)
    registry.add(
        "SESSION_ROLES", "ROLE:v128", lambda s: [(r,) for r in sorted(_my_roles(s))], public=True
    )
    quotas = "BYTES:n MAX_BYTES:n BLOCKS:n MAX_BLOCKS:n DROPPED:v3"
    registry.add("DBA_TS_QUOTAS", f"TABLESPACE_NAME:v30 USERNAME:v128 {quotas}", _quotas)
    registry.add(
        "USER_TS_QUOTAS",
        f"TABLESPACE_NAME:v30 {quotas}",
        lambda s: [(r[0], *r[2:]) for r in _quotas(s) if r[1] == _me(s)],
        public=True,
    )
