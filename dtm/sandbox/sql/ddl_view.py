"""CREATE VIEW (SQL Language Reference 19c)."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Column
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import View
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_tokens import Placed, Tokens


def create_view(ddl: Ddl, tokens: Tokens, *, replacing: bool) -> DdlResult:
    """CREATE [OR REPLACE] [NO] [FORCE] VIEW name [(columns)] AS query [WITH READ ONLY |
    CHECK OPTION]. FORCE makes an INVALID view with a warning when the query is wrong."""
    tokens.accept("NO")
    force = tokens.accept("FORCE")
    tokens.accept("EDITIONABLE")
    tokens.expect("VIEW")
    name = tokens.name(999)
    aliases: tuple[str, ...] = ()
    if tokens.at("("):
        aliases = tokens.path()
    if tokens.at("OF"):
        tokens.unsupported(466, "object view")
    tokens.expect("AS")
    offset = tokens.here.offset
    text, read_only, check = _query(tokens)
    owner = ddl.home(name)
    ddl.require(owner, "CREATE VIEW", "CREATE ANY VIEW")
    old = ddl.catalog.find(owner, name.last)
    if old is not None and not (replacing and isinstance(old, View)):
        raise OraError(955, offset=name.offset)
    columns, depends_on = _described(ddl, owner, text, offset, aliases, force=force)
    if columns:
        text = ddl.translator.expanded(ddl.session, text)

    def work() -> None:
        view = View(
            id=old.id if old is not None else ddl.catalog.new_id(),
            owner=owner,
            name=name.last,
            text=text,
            columns=columns,
            status="VALID" if columns else "INVALID",
            read_only=read_only,
            check_option=check,
            depends_on=depends_on,
            created=old.created if isinstance(old, View) else now(),
            last_ddl=now(),
        )
        ddl.catalog.put(view)
        ddl.invalidate(owner, name.last)

    ddl.run(work)
    return DdlResult("CREATE VIEW", warning=not columns)


def _query(tokens: Tokens) -> tuple[str, bool, bool]:
    """The query's text without the restriction clause at its end."""
    start = tokens.here.offset
    if not tokens.at_any("SELECT", "WITH", "("):
        tokens.fail(928)
    while not tokens.at_end():
        place = tokens.save()
        end = tokens.here.offset
        if tokens.accept("WITH", "READ", "ONLY") and tokens.at_end():
            return Placed.of(tokens.text[start:end], start), True, False
        tokens.restore(place)
        if tokens.accept("WITH", "CHECK", "OPTION"):
            if tokens.accept("CONSTRAINT"):
                tokens.identifier()
            if tokens.at_end():
                return Placed.of(tokens.text[start:end], start), False, True
        tokens.restore(place)
        if tokens.at(";"):
            tokens.fail(933)
        tokens.advance()
    return Placed.of(tokens.text[start:], start), False, False


def _described(
    ddl: Ddl, owner: str, text: str, offset: int, aliases: tuple[str, ...], *, force: bool
) -> tuple[tuple[Column, ...], tuple[tuple[str, str], ...]]:
    try:
        columns, depends_on = _with_rights_of(ddl, owner, text)
        unnamed = None if aliases else ddl.translator.unnamed(text)
    except OraError:
        if not force:
            raise
        return (), ()
    if unnamed is not None:
        raise OraError(998, offset=offset + unnamed)
    if aliases:
        if len(aliases) != len(columns):
            raise OraError(1730)
        columns = tuple(replace(c, name=a) for c, a in zip(columns, aliases, strict=True))
    names = [column.name for column in columns]
    if len(set(names)) != len(names):
        raise OraError(957)
    return columns, depends_on


def _with_rights_of(
    ddl: Ddl, owner: str, text: str
) -> tuple[tuple[Column, ...], tuple[tuple[str, str], ...]]:
    """The query's columns and relations, with what was granted to the owner itself: ORA-01031
    for what only a role lets it see (CREATE VIEW, "Prerequisites")."""
    context = ddl.session.context
    before, context.effective_user = context.effective_user, owner
    try:
        columns = tuple(ddl.translator.describe(ddl.session, text))
        return columns, tuple(ddl.translator.relations(ddl.session, text))
    except OraError as error:
        context.effective_user = before
        if error.code == 942 and before is None:
            ddl.translator.describe(ddl.session, text)
            raise OraError(1031, offset=error.offset) from None
        raise
    finally:
        context.effective_user = before
