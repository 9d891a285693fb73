"""CREATE / ALTER / DROP USER and ROLE (SQL Language Reference 19c)."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.passwords import make_verifier, matches
from dtm.sandbox.kernel.serving import Verifier
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import (
    Grants,
    Index,
    Sequence,
    Synonym,
    Table,
    Unit,
    User,
    View,
)
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.parse_tokens import RESERVED
from dtm.sandbox.sql.storage_space import UNLIMITED

_SYSTEM_USERS = frozenset({"SYS", "SYSTEM", "PUBLIC"})


def password(tokens: Tokens) -> str:
    """A password: an identifier as written (its case counts) or a quoted one."""
    token = tokens.here
    if token.kind not in ("ident", "quoted", "number"):
        tokens.fail(988)
    tokens.advance()
    return token.value if token.kind == "quoted" else token.text


def create_user(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """CREATE USER name IDENTIFIED BY password [options]; ORA-01920."""
    tokens.expect("USER")
    name = tokens.identifier(1935)
    user = User(id=0, name=name, default_tablespace="USERS", created=now())
    user = _options(ddl, tokens, user, creating=True)
    ddl.resolver.require("CREATE USER")
    if ddl.catalog.user(name) is not None or ddl.catalog.grants(name) is not None:
        raise OraError(1920, name)

    def work() -> None:
        ddl.catalog.put(replace(user, id=ddl.catalog.new_id()))
        ddl.catalog.put(Grants(name))

    ddl.run(work)
    return DdlResult("CREATE USER")


def _options(ddl: Ddl, tokens: Tokens, user: User, *, creating: bool = False) -> User:
    identified = not creating
    while not tokens.at_end():
        if tokens.accept("IDENTIFIED"):
            identified = True
            user = _identified(tokens, user)
        elif tokens.accept("NO", "AUTHENTICATION"):
            identified = True
            user = replace(user, hash=b"", locked=user.locked)
        elif (changed := _placing(ddl, tokens, user)) is not None or (
            changed := _state(tokens, user)
        ) is not None:
            user = changed
        elif not creating and tokens.accept("DEFAULT", "ROLE"):
            user = _default_role(ddl, tokens, user)
        else:
            tokens.finish()
    if not identified:
        tokens.fail(922)
    return user


def _default_role(ddl: Ddl, tokens: Tokens, user: User) -> User:
    """DEFAULT ROLE role, ... | ALL [EXCEPT role, ...] | NONE: of directly granted ones (ORA-01955)."""
    if tokens.accept("NONE"):
        return replace(user, default_roles=())
    grants = ddl.catalog.grants(user.name)
    granted = tuple(grants.roles) if grants is not None else ()
    everything = tokens.accept("ALL")
    if everything and not tokens.accept("EXCEPT"):
        return replace(user, default_roles=None)
    names = [role_name(tokens)]
    while tokens.accept(","):
        names.append(role_name(tokens))
    for name in names:
        if name not in granted:
            raise OraError(1955, name)
    chosen = [r for r in granted if r not in names] if everything else names
    return replace(user, default_roles=tuple(chosen))


def _placing(ddl: Ddl, tokens: Tokens, user: User) -> User | None:
    """DEFAULT and TEMPORARY TABLESPACE, QUOTA."""
    if tokens.accept("DEFAULT", "TABLESPACE"):
        return replace(user, default_tablespace=_tablespace(ddl, tokens))
    tokens.accept("LOCAL")
    if tokens.accept("TEMPORARY", "TABLESPACE"):
        return replace(user, temporary_tablespace=_tablespace(ddl, tokens))
    if tokens.accept("QUOTA"):
        return _quota(ddl, tokens, user)
    return None


def _state(tokens: Tokens, user: User) -> User | None:
    """ACCOUNT, PASSWORD EXPIRE, PROFILE; refuses what has an effect we cannot give."""
    if tokens.accept("ACCOUNT"):
        word = tokens.accept_any("LOCK", "UNLOCK") or tokens.fail(922)
        return replace(user, locked=word == "LOCK")
    if tokens.accept("PASSWORD", "EXPIRE"):
        return replace(user, expired=True)
    if tokens.accept("PROFILE"):
        if not tokens.accept("DEFAULT"):
            raise OraError(2380, tokens.identifier())
        return user
    if tokens.accept("CONTAINER"):
        tokens.expect("=")
        tokens.advance()
        return user
    if tokens.at("ENABLE", "EDITIONS"):
        tokens.unsupported(450, f"{tokens.here.value} {tokens.ahead().value}")
    return None


def _identified(tokens: Tokens, user: User) -> User:
    if tokens.at_any("EXTERNALLY", "GLOBALLY"):
        tokens.unsupported(452, f"IDENTIFIED {tokens.here.value}")
    tokens.expect("BY")
    if tokens.at("VALUES"):
        tokens.unsupported(453, "IDENTIFIED BY VALUES")
    verifier = make_verifier(password(tokens))
    if tokens.accept("REPLACE"):
        old = Verifier(user.salt, user.iterations, user.hash)
        if not matches(old, password(tokens).encode()):
            raise OraError(28008)
    return replace(
        user,
        salt=verifier.salt,
        iterations=verifier.iterations,
        hash=verifier.hash,
        expired=False,
    )


def _tablespace(ddl: Ddl, tokens: Tokens) -> str:
    name = tokens.identifier(2216)
    if ddl.catalog.tablespace(name) is None:
        raise OraError(959, name)
    return name


def _quota(ddl: Ddl, tokens: Tokens, user: User) -> User:
    size = UNLIMITED if tokens.accept("UNLIMITED") else tokens.size()
    tokens.expect("ON")
    tablespace = _tablespace(ddl, tokens)
    return replace(user, quotas={**user.quotas, tablespace: size})


def existing_user(ddl: Ddl, name: str) -> User:
    """The user, ORA-01918 when there is none."""
    user = ddl.catalog.user(name)
    if user is None:
        raise OraError(1918, name)
    return user


def alter_user(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER USER; everybody may change the own password."""
    tokens.expect("USER")
    name = tokens.identifier(1935)
    only_password = tokens.at("IDENTIFIED") and name == ddl.user
    if not only_password:
        ddl.resolver.require("ALTER USER")
    user = _options(ddl, tokens, existing_user(ddl, name))
    ddl.run(lambda: ddl.catalog.put(user))
    return DdlResult("ALTER USER")


def drop_user(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """DROP USER name [CASCADE]; ORA-01940 while connected, ORA-01922 while owning objects."""
    tokens.expect("USER")
    name = tokens.identifier(1935)
    cascade = tokens.accept("CASCADE")
    tokens.finish()
    ddl.resolver.require("DROP USER")
    user = existing_user(ddl, name)
    if name in _SYSTEM_USERS:
        raise OraError(1031)
    if any(session.context.user == name for session in ddl.instance.sessions.values()):
        raise OraError(1940)
    owned = _owned(ddl, name)
    if owned and not cascade:
        raise OraError(1922, name)
    tables = [table for table in owned if isinstance(table, Table)]

    def work() -> None:
        for entry in owned:
            if isinstance(entry, Table):
                ddl.database.run_all(storage_tables.drop_table(entry))
            ddl.catalog.remove(entry)
            if not isinstance(entry, Index):
                ddl.invalidate(entry.owner, entry.name)
                forget_grants_on(ddl, entry.owner, entry.name)
        ddl.catalog.remove(user)
        grants = ddl.catalog.grants(name)
        if grants is not None:
            ddl.catalog.remove(grants)

    ddl.run(work, *tables)
    return DdlResult("DROP USER")


Owned = Table | View | Sequence | Synonym | Unit | Index


def _owned(ddl: Ddl, name: str) -> list[Owned]:
    found: list[Owned] = []
    for kind in (Index, Table, View, Sequence, Synonym, Unit):
        entries: list[Owned] = ddl.catalog.all(kind)
        found += [entry for entry in entries if entry.owner == name]
    return found


def forget_grants_on(ddl: Ddl, owner: str, name: str) -> None:
    """A dropped object takes the privileges on it along."""
    for grants in ddl.catalog.all(Grants):
        kept = {key: value for key, value in grants.objects.items() if key[:2] != (owner, name)}
        if len(kept) != len(grants.objects):
            ddl.catalog.put(replace(grants, objects=kept))


def create_role(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """CREATE ROLE name [NOT IDENTIFIED]; the creator gets it with ADMIN OPTION. ORA-01921."""
    tokens.expect("ROLE")
    name = tokens.identifier(1937)
    tokens.accept("NOT", "IDENTIFIED")
    if tokens.at("IDENTIFIED"):
        tokens.unsupported(454, "password-protected role")
    tokens.finish()
    ddl.resolver.require("CREATE ROLE")
    if ddl.catalog.grants(name) is not None:
        raise OraError(1921, name)

    def work() -> None:
        ddl.catalog.put(Grants(name, is_role=True))
        own = ddl.catalog.grants(ddl.user) or Grants(ddl.user)
        ddl.catalog.put(replace(own, roles={**own.roles, name: True}))

    ddl.run(work)
    return DdlResult("CREATE ROLE")


def drop_role(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """DROP ROLE; ORA-01919 when there is none."""
    tokens.expect("ROLE")
    name = role_name(tokens)
    tokens.finish()
    role = ddl.catalog.grants(name)
    if role is None or not role.is_role:
        raise OraError(1919, name)
    own = ddl.catalog.grants(ddl.user)
    if not (own is not None and own.roles.get(name)):
        ddl.resolver.require("DROP ANY ROLE")

    def work() -> None:
        ddl.catalog.remove(role)
        for grants in ddl.catalog.all(Grants):
            if name in grants.roles:
                kept = {key: value for key, value in grants.roles.items() if key != name}
                ddl.catalog.put(replace(grants, roles=kept))

    ddl.run(work)
    return DdlResult("DROP ROLE")


def role_name(tokens: Tokens) -> str:
    """A user's or role's name; PUBLIC, CONNECT and RESOURCE are reserved words elsewhere."""
    token = tokens.here
    if token.kind == "ident" and token.value in ("PUBLIC", "CONNECT", "RESOURCE"):
        return tokens.advance().value
    if token.kind == "ident" and token.value in RESERVED:
        tokens.fail(987)
    return tokens.identifier(987)
