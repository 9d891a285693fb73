"""Targets and the repository lock over dtm.oracle; translates its values into those of this room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from dtm.errors import ConfigurationError, Locked
from dtm.model.database import Session
from dtm.model.names import lock_name
from dtm.model.package import SourceUnit, UnitKey
from dtm.oracle import install as edge
from dtm.oracle.helper import helper_packages
from dtm.oracle.identity import Identity, check_writable, identify
from dtm.oracle.locks import LockResult, Mode, holders, release, request
from dtm.oracle.session import OracleSession
from dtm.oracle.sources import sent
from dtm.oracle.tables import compare_tables, ensure_table
from dtm.reconcile.target import CompileError, Installed, LiveTable, LiveUnit
from dtm.repository.config import ConfigStore
from dtm.repository.records import Facts, PackageVersion, VersionUnit
from dtm.repository.versions import package_version


class OracleTarget:
    """A Target over one session, which it closes."""

    def __init__(self, session: OracleSession) -> None:
        self._session = session
        self._schema = ""
        self._live: dict[UnitKey, edge.LiveUnit] = {}

    def facts(self, instance: str) -> Facts:
        """Say which database this is; WrongDatabase for a standby or a read-only one."""
        identity: Identity = identify(self._session)
        check_writable(identity, instance)
        self._schema = identity.current_schema
        return Facts(instance, identity.db_unique_name, identity.dbid, identity.pdb_guid)

    def units(self, wanted: Sequence[VersionUnit]) -> Mapping[UnitKey, LiveUnit]:
        """Read the wanted units as far as the schema has them."""
        self._live = edge.fingerprint(self._session)
        found = {}
        for unit in wanted:
            live = self._live.get(UnitKey(unit.type, unit.name))
            if live is not None:
                matches = live.text.rstrip() == sent(unit.text, unit.file).source
                key = UnitKey(unit.type, unit.name)
                found[key] = LiveUnit(live.sha256, live.status, matches)
        return found

    def tables(self, tables: Sequence[VersionUnit]) -> Mapping[UnitKey, LiveTable]:
        """Compare state tables with their CREATE TABLE; changes nothing."""
        if not tables:
            return {}
        results = compare_tables(self._session, [_source(table) for table in tables])
        found = {}
        for table in tables:
            result = results[table.name]
            key = UnitKey(table.type, table.name)
            found[key] = LiveTable(not result.created, result.added, result.differences)
        return found

    def code_gate(self, timeout_s: float) -> AbstractContextManager[object]:
        """Keep tasks off the schema's code; `facts` was called before."""
        return edge.code_gate(self._session, self._schema, int(timeout_s))

    def install(self, unit: VersionUnit) -> Installed:
        """Create or replace one unit and read it back; `units` was called before."""
        key = UnitKey(unit.type, unit.name)
        live = self._live.get(key, edge.Looked.MISSING)
        result = edge.install_unit(self._session, _source(unit), live)
        return Installed(
            readback_sha256=result.readback_sha,
            valid=result.status == "VALID",
            changed=result.changed,
            errors=tuple(CompileError(e.line, e.position, e.text) for e in result.errors),
            previous_text=result.previous_text,
            broken=tuple(str(dependent) for dependent in result.broken_dependents),
        )

    def restore(self, key: UnitKey, previous_text: str | None) -> None:
        """Put a text back, or drop the unit (None)."""
        edge.restore_unit(self._session, UnitKey(key.type, key.name), previous_text)

    def ensure_table(self, table: VersionUnit) -> None:
        """Create a state table or add its missing columns; alter nothing else."""
        ensure_table(self._session, _source(table))

    def close(self) -> None:
        """End the session."""
        self._session.close()


def helper_versions() -> tuple[PackageVersion, ...]:
    """Return the helper packages that come with dtm, as versions, in install order."""
    return tuple(
        package_version(helper.name, helper.units, helper.tables) for helper in helper_packages()
    )


@contextmanager
def repository_lock(session: Session) -> Iterator[None]:
    """Hold the lock of the repository in this session's schema; Locked naming who has it.

    It ends with the session, whatever happens to this process. ConfigurationError where DBMS_LOCK
    is not granted: two applies at once would install over each other.
    """
    if not isinstance(session, OracleSession):
        raise TypeError("the repository lock needs a session of dtm.oracle")
    schema = ConfigStore(session).schema()
    name = lock_name("REPO", schema)
    result = request(session, name, Mode.X)
    if result is LockResult.BUSY:
        found = "; ".join(map(str, holders(session, name))) or "its holder is not visible"
        raise Locked(
            f"another apply is at work on repository {schema}: {found}",
            hint="wait until it is done; a lock never outlives its session",
        )
    if not result.held:
        raise ConfigurationError(
            f"the repository user {schema} may not use DBMS_LOCK",
            hint=f"as SYS: GRANT EXECUTE ON SYS.DBMS_LOCK TO {schema}",
        )
    try:
        yield
    finally:
        if not session.in_doubt:
            release(session, name)


def _source(unit: VersionUnit) -> SourceUnit:
    return SourceUnit(unit.type, unit.name, unit.file, unit.text)
