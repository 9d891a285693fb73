"""Triggers that DDL and LOGON fire.

PL/SQL Language Reference 19c, "PL/SQL Triggers": "System Triggers", "Triggers for Publishing
Events" (event attribute functions).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dtm.plsql.lexer import IDENT, QUOTED, Lexer, Token
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import PlsqlPort, TriggerEvent
from dtm.sandbox.sql.catalog_model import Unit
from dtm.sandbox.sql.dml_triggers import ordered
from dtm.sandbox.sql.transactions import StorageSession

_VERBS = frozenset({"ALTER", "ANALYZE", "COMMENT", "CREATE", "DROP", "GRANT", "RENAME", "REVOKE",
                    "TRUNCATE"})  # fmt: skip
# Words between the verb and the kind of object.
_ADJECTIVES = frozenset({"OR", "REPLACE", "EDITIONABLE", "NONEDITIONABLE", "FORCE", "NO", "UNIQUE",
                         "BITMAP", "GLOBAL", "PRIVATE", "TEMPORARY", "PUBLIC", "BIGFILE",
                         "SMALLFILE", "UNDO"})  # fmt: skip
_HEAD = 14  # tokens that hold verb, kind and name
Facts = dict[str, str | None]


@contextmanager
def around(session: StorageSession, text: str, plsql: PlsqlPort | None) -> Iterator[None]:
    """Fire BEFORE triggers, let the statement run, fire AFTER triggers. What a trigger did belongs
    to the statement and is committed with it."""
    units = _enabled(session)
    facts = None if not units or plsql is None else described(session, text)
    if facts is None or plsql is None:
        yield
        return
    mark, transaction = session.mark(), session.transaction
    _fire(session, plsql, units, "BEFORE", facts)
    try:
        yield
    except OraError:
        if session.transaction is transaction:  # not even parsed: nothing happened
            session.undo_to(mark)
        raise
    _fire(session, plsql, units, "AFTER", facts)
    session.commit()


def logged_on(session: StorageSession, plsql: PlsqlPort) -> None:
    """Fire AFTER LOGON triggers; what they did is committed."""
    units = _enabled(session)
    if units:
        facts = _facts(session, "LOGON", None, None, None)
        _fire(session, plsql, units, "AFTER", facts)
        session.commit()


def _enabled(session: StorageSession) -> tuple[Unit, ...]:
    catalog = session.instance.catalog

    def find() -> tuple[Unit, ...]:
        events = [u for u in catalog.all(Unit) if u.settings.get("LEVEL") == "EVENT" and u.enabled]
        return ordered(events)

    return catalog.cached("event triggers", find)


def _fire(
    session: StorageSession, plsql: PlsqlPort, units: tuple[Unit, ...], timing: str, facts: Facts
) -> None:
    event = facts["SYSEVENT"] or ""
    for unit in units:
        settings = unit.settings
        events = settings.get("EVENTS", "").split(",")
        wanted = event in events or ("DDL" in events and event != "LOGON")
        scope = settings.get("SCOPE", "")
        within = scope == "DATABASE" or scope == session.context.user
        itself = facts["DICT_OBJ_TYPE"] == "TRIGGER" and unit.name == facts["DICT_OBJ_NAME"]
        if settings.get("TIMING") == timing and wanted and within and not itself:
            fired = TriggerEvent(event, facts=facts)
            plsql.fire_trigger(unit.owner, unit.name, fired)


def described(session: StorageSession, text: str) -> Facts | None:
    """What the event attribute functions say of a DDL statement; None for what fires nothing."""
    tokens: list[Token] = []
    for token in Lexer(text):
        tokens.append(token)
        if len(tokens) == _HEAD:
            break
    verb = tokens[0].value if tokens else ""
    if verb not in _VERBS or (len(tokens) > 1 and tokens[1].value in ("SESSION", "SYSTEM")):
        return None
    at = 1
    while at < len(tokens) and tokens[at].value in _ADJECTIVES:
        at += 1
    if verb in ("GRANT", "REVOKE", "RENAME"):
        return _facts(
            session, verb, "OBJECT PRIVILEGE" if verb != "RENAME" else "TABLE", None, None
        )
    if verb == "COMMENT":
        at += 1  # ON
    kind = tokens[at].value if at < len(tokens) else None
    at += 1
    if at < len(tokens) and tokens[at].value == "BODY":
        kind, at = f"{kind} BODY", at + 1
    names: list[str] = []
    while at < len(tokens) and tokens[at].kind in (IDENT, QUOTED):
        names.append(tokens[at].value)
        if at + 1 >= len(tokens) or tokens[at + 1].value != ".":
            break
        at += 2
    owner = names[0] if len(names) > 1 else session.context.current_schema
    return _facts(session, verb, kind, owner, names[-1] if names else None)


def _facts(
    session: StorageSession, event: str, kind: str | None, owner: str | None, name: str | None
) -> Facts:
    context = session.context
    return {
        "SYSEVENT": event,
        "DICT_OBJ_TYPE": kind,
        "DICT_OBJ_OWNER": owner,
        "DICT_OBJ_NAME": name,
        "LOGIN_USER": context.user,
        "DATABASE_NAME": context.instance_name,
        "CLIENT_IP_ADDRESS": context.attributes.get("ip_address"),
    }
