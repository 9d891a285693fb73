"""CREATE / ALTER / DROP SEQUENCE and SYNONYM (SQL Language Reference 19c)."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Sequence, Synonym
from dtm.sandbox.sql.ddl_build import build_sequence
from dtm.sandbox.sql.ddl_columns import SequenceOptions, parse_sequence_options
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.ddl_user import forget_grants_on
from dtm.sandbox.sql.privileges import PUBLIC


def create_sequence(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """CREATE SEQUENCE name options."""
    tokens.expect("SEQUENCE")
    name = tokens.name(2277)
    options = parse_sequence_options(tokens)
    tokens.finish(933)
    owner = ddl.home(name)
    ddl.require(owner, "CREATE SEQUENCE", "CREATE ANY SEQUENCE")
    ddl.catalog.free_name(owner, name.last)

    def work() -> None:
        ddl.catalog.free_name(owner, name.last)
        ddl.catalog.put(build_sequence(ddl, owner, name.last, options))

    ddl.run(work)
    return DdlResult("CREATE SEQUENCE")


def _existing(ddl: Ddl, tokens: Tokens, privilege: str, any_name: str) -> Sequence:
    name = tokens.name(2277)
    found = ddl.resolver.find(name.parts)
    if not isinstance(found, Sequence):
        raise OraError(2289, offset=name.offset)
    ddl.may_change(found, privilege, any_name)
    return found


def alter_sequence(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER SEQUENCE name options; START WITH only with RESTART (ORA-02283)."""
    tokens.expect("SEQUENCE")
    sequence = _existing(ddl, tokens, "ALTER", "ALTER ANY SEQUENCE")
    options = parse_sequence_options(tokens)
    tokens.finish(933)
    if options.start is not None and not options.restart:
        raise OraError(2283)
    if options == SequenceOptions():
        raise OraError(2286)

    def work() -> None:
        current = ddl.instance.sequences.peek(sequence)
        changed = altered(ddl, sequence, options, current)
        ddl.catalog.put(changed)
        ddl.instance.sequences.reset(changed)

    ddl.run(work)
    return DdlResult("ALTER SEQUENCE")


def altered(ddl: Ddl, sequence: Sequence, options: SequenceOptions, current: int) -> Sequence:
    """The sequence with other options; `current`: its next value now. ORA-04007, ORA-04009."""
    merged = SequenceOptions(
        start=options.start if options.restart and options.start is not None else None,
        increment=sequence.increment if options.increment is None else options.increment,
        minimum=None if options.no_minimum else _first(options.minimum, sequence.minimum),
        maximum=None if options.no_maximum else _first(options.maximum, sequence.maximum),
        cycle=sequence.cycle if options.cycle is None else options.cycle,
        cache=sequence.cache if options.cache is None else options.cache,
        ordered=sequence.ordered if options.ordered is None else options.ordered,
    )
    built = build_sequence(ddl, sequence.owner, sequence.name, merged, identity=sequence.identity)
    increment = built.increment
    next_value = built.start if options.restart else current
    if not options.restart:
        # NEXTVAL after a new increment starts from the last number given.
        next_value = current - sequence.increment + increment
        if current == sequence.start:
            next_value = current
        if next_value - increment > built.maximum:
            raise OraError(4009)
        if next_value - increment < built.minimum and current != sequence.start:
            raise OraError(4007)
    return replace(
        built,
        id=sequence.id,
        next_value=next_value,
        start=sequence.start,
        created=sequence.created,
        last_ddl=now(),
    )


def _first(given: int | None, default: int) -> int:
    return default if given is None else given


def drop_sequence(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """DROP SEQUENCE; ORA-02289."""
    tokens.expect("SEQUENCE")
    sequence = _existing(ddl, tokens, "", "DROP ANY SEQUENCE")
    tokens.finish(933)
    if sequence.identity:
        raise OraError(32794)

    def work() -> None:
        ddl.catalog.remove(sequence)
        forget_grants_on(ddl, sequence.owner, sequence.name)
        ddl.invalidate(sequence.owner, sequence.name)

    ddl.run(work)
    return DdlResult("DROP SEQUENCE")


# ---------------------------------------------------------------- synonyms


def create_synonym(ddl: Ddl, tokens: Tokens, *, replacing: bool) -> DdlResult:
    """CREATE [OR REPLACE] [PUBLIC] SYNONYM name FOR object; the object need not exist."""
    public = tokens.accept("PUBLIC")
    tokens.expect("SYNONYM")
    name = tokens.name(2155)
    tokens.expect("FOR")
    target = tokens.name(903)
    tokens.finish(933)
    owner = PUBLIC if public else ddl.home(name)
    if public:
        ddl.resolver.require("CREATE PUBLIC SYNONYM")
    else:
        ddl.require(owner, "CREATE SYNONYM", "CREATE ANY SYNONYM")
    old = ddl.catalog.find(owner, name.last)
    if old is not None and not (replacing and isinstance(old, Synonym)):
        raise OraError(955, offset=name.offset)
    target_owner = target.owner(ddl.schema)
    if (owner, name.last) == (target_owner, target.last):
        raise OraError(1471)

    def work() -> None:
        ddl.catalog.put(
            Synonym(ddl.catalog.new_id(), owner, name.last, target_owner, target.last, now())
        )
        ddl.invalidate(owner, name.last)

    ddl.run(work)
    return DdlResult("CREATE SYNONYM")


def drop_synonym(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """DROP [PUBLIC] SYNONYM name [FORCE]; ORA-01434, ORA-01432."""
    public = tokens.accept("PUBLIC")
    tokens.expect("SYNONYM")
    name = tokens.name(2155)
    tokens.accept("FORCE")
    tokens.finish(933)
    owner = PUBLIC if public else name.owner(ddl.schema)
    found = ddl.catalog.find(owner, name.last)
    if not isinstance(found, Synonym):
        raise OraError(1432 if public else 1434)
    if public:
        ddl.resolver.require("DROP PUBLIC SYNONYM")
    elif owner != ddl.user:
        ddl.resolver.require("DROP ANY SYNONYM")

    def work() -> None:
        ddl.catalog.remove(found)
        ddl.invalidate(owner, name.last)

    ddl.run(work)
    return DdlResult("DROP SYNONYM")
