"""DDL: finds the statement's kind and runs it. Everything but stored PL/SQL units.

Each statement commits before and after itself (SQL Language Reference 19c, "Data Definition
Language (DDL) Statements"): once it is parsed, so that one with a syntax error commits nothing
(Concepts 19c, "SQL", "SQL Parsing": the check of the syntax comes before execution).
"""

from __future__ import annotations

from collections.abc import Callable

from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.kernel.ports import PlsqlPort
from dtm.sandbox.sql import (
    ddl_drop,
    ddl_grant,
    ddl_index,
    ddl_sequence,
    ddl_session,
    ddl_tablespace,
    ddl_units,
    ddl_user,
    ddl_view,
)
from dtm.sandbox.sql.ddl_alter_index import alter_index
from dtm.sandbox.sql.ddl_alter_table import alter_table
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult, Translator
from dtm.sandbox.sql.ddl_create_table import TableCreator, parse_create_table
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.parse_tokens import place
from dtm.sandbox.sql.transactions import StorageSession

Handler = Callable[[Ddl, Tokens], DdlResult]

FIRST_WORDS = frozenset(
    {"CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "TRUNCATE", "COMMENT", "RENAME", "ANALYZE",
     "PURGE", "AUDIT", "NOAUDIT", "FLASHBACK", "ASSOCIATE", "DISASSOCIATE"}
)  # fmt: skip


def execute(
    session: StorageSession, text: str, translator: Translator, plsql: PlsqlPort | None = None
) -> DdlResult:
    """Run one DDL statement. ORA-00900 ... for what is none; Unsupported for what we have not."""
    ddl = Ddl(session, translator, plsql)
    header = ddl_units.unit_header(text)
    if header is not None:
        session.commit()
        return ddl_units.create_unit(ddl, text, *header)
    tokens = Tokens(text)
    verb = tokens.here.value if tokens.here.kind == "ident" else ""
    if verb == "ALTER" and tokens.ahead().value == "SESSION":
        tokens.advance()
        return ddl_session.alter_session(ddl, tokens)
    if verb == "ALTER" and tokens.ahead().value == "SYSTEM":
        # System control commits nothing, and must not wait for the statement it is to end.
        tokens.advance()
        return ddl_session.alter_system(ddl, tokens)
    handler = _VERBS.get(verb)
    if handler is None:
        if verb in FIRST_WORDS:
            tokens.unsupported(400, verb)
        tokens.fail(900)
    tokens.advance()
    try:
        result = handler(ddl, tokens)
    except OraError as error:
        if not error.parsing or error.stack:
            ddl.begin()
        if isinstance(error, Unsupported) and not error.place[0]:
            error.put(*place(text, error.offset))
        raise
    ddl.begin()
    return result


def _create(ddl: Ddl, tokens: Tokens) -> DdlResult:
    replacing = tokens.accept("OR", "REPLACE")
    tokens.accept_any("EDITIONABLE", "NONEDITIONABLE")
    word = tokens.here.value if tokens.here.kind == "ident" else ""
    if word in ("SYNONYM", "PUBLIC"):
        return ddl_sequence.create_synonym(ddl, tokens, replacing=replacing)
    if word in ("VIEW", "FORCE", "NO"):
        return ddl_view.create_view(ddl, tokens, replacing=replacing)
    handler = _CREATE.get(word)
    if handler is None:
        if word in KNOWN_KINDS:
            tokens.unsupported(402, f"CREATE {word}")
        tokens.fail(901)
    if replacing:
        tokens.fail(922)
    return handler(ddl, tokens)


def _create_table(ddl: Ddl, tokens: Tokens) -> DdlResult:
    statement = parse_create_table(tokens, char_semantics=ddl.char_semantics)
    return TableCreator(ddl, statement).create()


def _alter(ddl: Ddl, tokens: Tokens) -> DdlResult:
    word = tokens.here.value if tokens.here.kind == "ident" else ""
    handler = _ALTER.get(word)
    if handler is None:
        if word in KNOWN_KINDS:
            tokens.unsupported(403, f"ALTER {word}")
        tokens.fail(940)
    return handler(ddl, tokens)


def _drop(ddl: Ddl, tokens: Tokens) -> DdlResult:
    word = tokens.here.value if tokens.here.kind == "ident" else ""
    handler = _DROP.get(word)
    if handler is None:
        if word in KNOWN_KINDS:
            tokens.unsupported(404, f"DROP {word}")
        tokens.fail(950)
    return handler(ddl, tokens)


_VERBS: dict[str, Handler] = {
    "CREATE": _create,
    "ALTER": _alter,
    "DROP": _drop,
    "GRANT": ddl_grant.grant,
    "REVOKE": ddl_grant.revoke,
    "TRUNCATE": ddl_drop.truncate,
    "COMMENT": ddl_drop.comment,
    "RENAME": ddl_drop.rename,
    "ANALYZE": ddl_session.analyze,
    "PURGE": ddl_session.purge,
}
_CREATE: dict[str, Handler] = {
    "TABLE": _create_table,
    "GLOBAL": _create_table,
    "PRIVATE": _create_table,
    "INDEX": ddl_index.create_index,
    "UNIQUE": ddl_index.create_index,
    "BITMAP": ddl_index.create_index,
    "SEQUENCE": ddl_sequence.create_sequence,
    "USER": ddl_user.create_user,
    "ROLE": ddl_user.create_role,
    "TABLESPACE": ddl_tablespace.create_tablespace,
    "BIGFILE": ddl_tablespace.create_tablespace,
    "SMALLFILE": ddl_tablespace.create_tablespace,
    "TEMPORARY": ddl_tablespace.create_tablespace,
    "UNDO": ddl_tablespace.create_tablespace,
}
_ALTER: dict[str, Handler] = {
    "TABLE": alter_table,
    "INDEX": alter_index,
    "SEQUENCE": ddl_sequence.alter_sequence,
    "USER": ddl_user.alter_user,
    "TABLESPACE": ddl_tablespace.alter_tablespace,
    "DATABASE": ddl_tablespace.alter_database,
    "VIEW": ddl_units.alter_view,
    **dict.fromkeys(ddl_units.UNIT_WORDS, ddl_units.alter_unit),
}
_DROP: dict[str, Handler] = {
    "TABLE": ddl_drop.drop_table,
    "VIEW": ddl_drop.drop_view,
    "INDEX": ddl_index.drop_index,
    "SEQUENCE": ddl_sequence.drop_sequence,
    "SYNONYM": ddl_sequence.drop_synonym,
    "PUBLIC": ddl_sequence.drop_synonym,
    "USER": ddl_user.drop_user,
    "ROLE": ddl_user.drop_role,
    "TABLESPACE": ddl_tablespace.drop_tablespace,
    **dict.fromkeys(ddl_units.UNIT_WORDS, ddl_units.drop_unit),
}
# Statement kinds by verb, "" for the verbs themselves.
STATEMENTS: dict[str, dict[str, Handler]] = {
    "": _VERBS,
    "CREATE": _CREATE,
    "ALTER": _ALTER,
    "DROP": _DROP,
}
KNOWN_KINDS = frozenset(
    {"CLUSTER", "CONTEXT", "CONTROLFILE", "DATABASE", "DIMENSION", "DIRECTORY", "DISKGROUP",
     "EDITION", "FLASHBACK", "INDEXTYPE", "JAVA", "LIBRARY", "MATERIALIZED", "OPERATOR", "OUTLINE",
     "PFILE", "PLUGGABLE", "PROFILE", "RESTORE", "ROLLBACK", "SCHEMA", "SPFILE", "SHARED", "VIEW",
     "PACKAGE", "PROCEDURE", "FUNCTION", "TRIGGER", "TYPE", "RESOURCE", "SESSION"}
)  # fmt: skip
