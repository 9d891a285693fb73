"""CREATE, ALTER ... COMPILE, DROP of stored PL/SQL units and views (SQL Language Reference 19c).

The text of a unit is the interpreter's; names, privileges and the dictionary are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dtm.plsql.lexer import IDENT, QUOTED, Lexer, Token
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import PlsqlPort, StoredUnit, UnitError
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Unit, View
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.ddl_user import forget_grants_on
from dtm.sandbox.sql.dependencies import invalidate
from dtm.sandbox.sql.engine_views import compiled_view

UNIT_WORDS = ("PACKAGE", "PROCEDURE", "FUNCTION", "TRIGGER", "TYPE")
_CLASS = {"TRIGGER": "TRIGGER", "TYPE": "TYPE"}  # the rest: PROCEDURE


def unit_header(text: str) -> tuple[str, str | None] | None:
    """(unit word, owner written or None) of CREATE [OR REPLACE] PACKAGE ...; None for other text."""
    tokens: list[Token] = []
    for token in Lexer(text):
        tokens.append(token)
        if len(tokens) == 9:
            break
    words = [token.value for token in tokens]
    if not words or tokens[0].kind != IDENT or words[0] != "CREATE":
        return None
    at = 1
    if words[1:3] == ["OR", "REPLACE"]:
        at = 3
    if words[at : at + 1] in (["EDITIONABLE"], ["NONEDITIONABLE"]):
        at += 1
    if words[at : at + 1] and words[at] in UNIT_WORDS and tokens[at].kind == IDENT:
        name = at + 1 + (words[at + 1 : at + 2] == ["BODY"])
        qualified = words[name + 1 : name + 2] == ["."] and tokens[name].kind in (IDENT, QUOTED)
        return words[at], words[name] if qualified else None
    return None


def create_unit(ddl: Ddl, text: str, word: str, owner: str | None) -> DdlResult:
    """CREATE a unit: privilege and schema first, then the interpreter compiles and stores it."""
    home = owner or ddl.schema
    if ddl.catalog.user(home) is None:
        raise OraError(1435)
    kind = _CLASS.get(word, "PROCEDURE")
    ddl.require(home, f"CREATE {kind}", f"CREATE ANY {kind}")
    _, errors = _plsql(ddl).create_unit(text, ddl.schema)
    return DdlResult(f"CREATE {word}", warning=_wrong(errors) > 0)


def _plsql(ddl: Ddl) -> PlsqlPort:
    if ddl.plsql is None:
        raise OraError(600, "no PL/SQL in this session")
    return ddl.plsql


def _wrong(errors: Sequence[UnitError]) -> int:
    """How many are errors, not warnings."""
    return sum(error.attribute == "ERROR" for error in errors)


def drop_unit(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """DROP PACKAGE [BODY] | PROCEDURE | FUNCTION | TRIGGER | TYPE [BODY] name; ORA-04043, 04080."""
    word = tokens.advance().value
    body = word in ("PACKAGE", "TYPE") and tokens.accept("BODY")
    kind = f"{word} BODY" if body else word
    name = tokens.name(4050)
    tokens.accept_any("FORCE", "VALIDATE")
    tokens.finish(933)
    unit = _existing(ddl, kind, name.owner(ddl.schema), name.last)
    ddl.may_change(unit, None, f"DROP ANY {_CLASS.get(word, 'PROCEDURE')}")
    gone = [unit]
    if kind in ("PACKAGE", "TYPE"):
        found = ddl.catalog.unit(unit.owner, unit.name, f"{kind} BODY")
        gone += [found] if found is not None else []

    def work() -> None:
        for each in gone:
            ddl.catalog.remove(each)
        if not body and word != "TRIGGER":
            forget_grants_on(ddl, unit.owner, unit.name)
            invalidate(ddl.catalog, unit.owner, unit.name)

    ddl.run(work)
    return DdlResult(f"DROP {kind}")


def _existing(ddl: Ddl, kind: str, owner: str, name: str) -> Unit:
    unit = ddl.catalog.unit(owner, name, kind)
    visible = unit is not None and (
        owner == ddl.user or kind == "TRIGGER" or ddl.resolver.find((owner, name)) is not None
    )
    if unit is None or not visible or (unit.owner == "SYS" and not unit.text):
        if kind == "TRIGGER":
            raise OraError(4080, name)
        raise OraError(4043, f"{owner}.{name}" if owner != ddl.schema else name)
    return unit


def alter_unit(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER PACKAGE | PROCEDURE ... name COMPILE [SPECIFICATION | BODY | PACKAGE] [...];
    ALTER TRIGGER name ENABLE | DISABLE | COMPILE."""
    word = tokens.advance().value
    name = tokens.name(4050)
    unit = _existing(ddl, word, name.owner(ddl.schema), name.last)
    ddl.may_change(unit, None, f"ALTER ANY {_CLASS.get(word, 'PROCEDURE')}")
    if word == "TRIGGER" and (switch := tokens.accept_any("ENABLE", "DISABLE")):
        tokens.finish()
        changed = replace(unit, enabled=switch == "ENABLE", last_ddl=now())
        ddl.run(lambda: ddl.catalog.put(changed))
        return DdlResult("ALTER TRIGGER")
    if tokens.at_any("EDITIONABLE", "NONEDITIONABLE", "RENAME"):
        tokens.unsupported(490, f"ALTER {word} ... {tokens.here.value}")
    tokens.expect("COMPILE", 922)
    part = tokens.accept_any("SPECIFICATION", "BODY", "PACKAGE")
    while not tokens.at_end():  # DEBUG, PLSQL_CCFLAGS = '...', REUSE SETTINGS
        tokens.advance()
    errors = 0
    for kind in _parts(word, part):
        found = ddl.catalog.unit(unit.owner, unit.name, kind)
        if found is not None:
            errors += _wrong(_plsql(ddl).compile_unit(_stored(found)))
    return DdlResult(f"ALTER {word}", warning=errors > 0)


def _parts(word: str, part: str | None) -> list[str]:
    if word not in ("PACKAGE", "TYPE"):
        return [word]
    if part == "SPECIFICATION":
        return [word]
    return [f"{word} BODY"] if part == "BODY" else [word, f"{word} BODY"]


def _stored(unit: Unit) -> StoredUnit:
    return StoredUnit(
        unit.owner, unit.name, unit.type, unit.text, unit.status, unit.version, unit.settings
    )


def alter_view(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER VIEW name COMPILE."""
    tokens.expect("VIEW")
    name = tokens.name(999)
    found = ddl.resolver.find(name.parts)
    if not isinstance(found, View):
        raise OraError(942, offset=name.offset)
    ddl.may_change(found, None, "ALTER ANY TABLE")
    if not tokens.accept("COMPILE"):
        tokens.unsupported(491, f"ALTER VIEW ... {tokens.here.text}")
    tokens.finish()
    try:
        view = compiled_view(ddl.translator, ddl.session, found)
    except OraError:
        view = replace(found, status="INVALID")
    ddl.run(lambda: ddl.catalog.put(view))
    return DdlResult("ALTER VIEW", warning=view.status != "VALID")
