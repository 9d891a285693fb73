"""Which database a session reached, and whether maintenance may run there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dtm.model.database import Session
from dtm.oracle.errors import WrongDatabase
from dtm.oracle.queries import load

# OUT binds of query `views`; null where a view is not granted.
_SHOWN = ("dbid", "open_mode", "pdb_guid", "pdb_open_mode", "startup_time", "serial", "logon_time")
_TEXT_BYTES = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """Where a session is. None: not visible to this user (no grant on the V$ view).

    `dbid` with `pdb_guid` names the data files: a restored copy elsewhere has the same, another
    database has not. `audsid` is V$SESSION.AUDSID.
    """

    db_unique_name: str
    db_name: str
    con_name: str | None
    service_name: str | None
    instance_name: str | None
    instance_number: int
    role: str
    session_user: str
    current_schema: str
    server_host: str | None
    sid: int
    audsid: int
    serial: int | None = None
    logon_time: dt.datetime | None = None
    dbid: int | None = None
    pdb_guid: str | None = None
    open_mode: str | None = None
    startup_time: dt.datetime | None = None


def identify(session: Session) -> Identity:
    """Ask the session where it is (two round trips)."""
    queries = load("identity")
    (context,) = session.query(queries["context"])
    asked = {
        f"ask_{name}": queries[name] for name in ("database", "container", "startup", "serial")
    }
    found = session.call(queries["views"], asked, dict.fromkeys(_SHOWN, _TEXT_BYTES))
    return replace(
        Identity(*context),
        serial=_integer(found["serial"]),
        logon_time=_time(found["logon_time"]),
        dbid=_integer(found["dbid"]),
        pdb_guid=found["pdb_guid"],
        open_mode=found["pdb_open_mode"] or found["open_mode"],
        startup_time=_time(found["startup_time"]),
    )


def _integer(text: str | None) -> int | None:
    return None if text is None else int(text)


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)


def check_name(identity: Identity, expected: Iterable[str], instance: str) -> None:
    """Raise WrongDatabase unless DB_UNIQUE_NAME is one of `expected` (several: switchover)."""
    names = sorted({name.upper() for name in expected})
    if names and identity.db_unique_name.upper() not in names:
        raise WrongDatabase(
            f"connected to {identity.db_unique_name}, but the manifest expects "
            f"{' or '.join(names)}",
            where=f"instance {instance}",
            hint="check connect.dsn and expect.dbUniqueName",
        )


def check_recorded(
    identity: Identity, dbid: int | None, pdb_guid: str | None, instance: str
) -> None:
    """Raise WrongDatabase when DBID or PDB GUID differ from those recorded at first contact."""
    for what, now, then in (
        ("DBID", identity.dbid, dbid),
        ("PDB GUID", identity.pdb_guid, pdb_guid),
    ):
        if now is not None and then is not None and now != then:
            raise WrongDatabase(
                f"{what} is {now}, but {then} was recorded at first contact: this is another database",
                where=f"instance {instance}",
                hint="if the database was replaced on purpose, record it anew",
            )


def check_writable(
    identity: Identity, instance: str, *, allow_root: bool = False, allow_snapshot: bool = False
) -> None:
    """Raise WrongDatabase for a standby, a read-only database, or the root container."""
    roles = {"PRIMARY", "SNAPSHOT STANDBY"} if allow_snapshot else {"PRIMARY"}
    reason = None
    if identity.role not in roles:
        reason = f"the database role is {identity.role}, not PRIMARY"
    elif identity.open_mode is not None and identity.open_mode != "READ WRITE":
        reason = f"the database is open {identity.open_mode}, not READ WRITE"
    elif identity.con_name == "CDB$ROOT" and not allow_root:
        reason = "this is the root container CDB$ROOT, not a pluggable database"
    if reason:
        raise WrongDatabase(reason, where=f"instance {instance}")
