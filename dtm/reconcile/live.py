"""What instances really hold: read in parallel, each with a deadline; one away delays nobody."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dtm.errors import ConfigurationError, DtmError
from dtm.model.instance import Instance
from dtm.model.package import UnitKey
from dtm.oracle.errors import WrongDatabase
from dtm.reconcile.changes import Contact
from dtm.reconcile.events import Event, EventKind, Report
from dtm.reconcile.parallel import run_each
from dtm.reconcile.scope import Want
from dtm.reconcile.target import LiveTable, LiveUnit, Target
from dtm.repository.records import Facts, Role


@dataclass(frozen=True, slots=True)
class LiveState:
    """An instance as it was read: the units and state tables that packages want there."""

    facts: Facts
    units: Mapping[UnitKey, LiveUnit] = field(default_factory=dict)
    tables: Mapping[UnitKey, LiveTable] = field(default_factory=dict)

    def fingerprint(self, want: Want) -> str:
        """Return the sha256 (hex) of everything a plan for this instance depends on."""
        seen: list[list[object]] = [
            [self.facts.db_unique_name, self.facts.dbid, self.facts.pdb_guid]
        ]
        for package in want.packages:
            for unit in package.units:
                key = UnitKey(unit.type, unit.name)
                if unit.role is Role.UNIT:
                    live = self.units.get(key)
                    seen.append([str(key), live.sha256 if live else None, live and live.status])
                elif table := self.tables.get(key):
                    seen.append([str(key), table.exists, table.missing, table.differences])
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why there is nothing to compare with."""

    contact: Contact
    message: str


Live = LiveState | NotRead


def read_all(
    wants: tuple[Want, ...],
    connect: Callable[[Instance], Target],
    known: Mapping[str, Facts],
    *,
    limit: int,
    deadline_s: float,
    report: Report,
) -> dict[str, Live]:
    """Read every wanted instance; `known` are the facts that must still hold, by instance.

    ConfigurationError, naming all of them, where a secret of ours is missing: no instance is to
    blame for that.
    """

    def job(want: Want) -> Callable[[], LiveState]:
        return lambda: read_one(want, connect, known.get(want.instance.name))

    jobs = {want.instance.name: job(want) for want in wants}
    found: dict[str, Live] = {}
    ours: list[ConfigurationError] = []
    for name, result in run_each(jobs, limit=limit, deadline_s=deadline_s):
        if isinstance(result, ConfigurationError):
            ours.append(result)
            continue
        found[name] = not_read(result) if isinstance(result, DtmError) else result
        if isinstance(result, DtmError):
            report(Event(EventKind.AWAY, name, message=describe(result)))
        else:
            report(Event(EventKind.READ, name))
    if ours:
        messages = sorted({error.message for error in ours})
        raise ConfigurationError("; ".join(messages), where=ours[0].where, hint=ours[0].hint)
    return {name: found[name] for name in sorted(found)}


def read_one(want: Want, connect: Callable[[Instance], Target], known: Facts | None) -> LiveState:
    """Connect, make sure it is the right database, and look; DtmError otherwise."""
    target = connect(want.instance)
    try:
        facts = target.facts(want.instance.name)
        check_identity(want.instance, facts, known)
        return look(target, want, facts)
    finally:
        target.close()


def look(target: Target, want: Want, facts: Facts) -> LiveState:
    """Read what the wanted packages have on a connected instance."""
    members = [unit for package in want.packages for unit in package.units]
    units = [unit for unit in members if unit.role is Role.UNIT]
    tables = [unit for unit in members if unit.role is Role.TABLE]
    return LiveState(facts, target.units(units), target.tables(tables))


def check_identity(instance: Instance, facts: Facts, known: Facts | None) -> None:
    """Raise WrongDatabase unless this is the database that is expected and was seen before."""
    expected = instance.expect_db_unique_names
    if expected and facts.db_unique_name.upper() not in {name.upper() for name in expected}:
        raise WrongDatabase(
            f"{instance.name} is {facts.db_unique_name}, expected {' or '.join(expected)}",
            hint="check connect and expect.dbUniqueName of the Instance",
        )
    if known is None:
        return
    for what, now, before in (
        ("DBID", facts.dbid, known.dbid),
        ("PDB GUID", facts.pdb_guid, known.pdb_guid),
    ):
        if now is not None and before is not None and now != before:
            raise WrongDatabase(
                f"{instance.name} has {what} {now}; at first contact it was {before}",
                hint="another database answers there; if that is meant, change the Instance's "
                "connect or expect and apply",
            )


def not_read(error: DtmError) -> NotRead:
    """Say why an instance was not read."""
    contact = Contact.REFUSED if isinstance(error, WrongDatabase) else Contact.UNREACHABLE
    return NotRead(contact, describe(error))


def describe(error: DtmError) -> str:
    """Put message and hint on one line."""
    message = " ".join(error.message.split())
    return f"{message} ({error.hint})" if error.hint else message
