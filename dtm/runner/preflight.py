"""Before the first task on an instance: the right database, what the package requires, its code.

Done once per instance and run, by whichever stream comes first; the others wait for its result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from dtm.errors import DtmError, NotApplied
from dtm.model.instance import Instance
from dtm.oracle.errors import ErrorClass, OracleError
from dtm.oracle.identity import Identity, check_name, check_recorded, check_writable
from dtm.oracle.requirements import missing
from dtm.oracle.session import OracleSession
from dtm.repository.config import ConfigStore
from dtm.repository.records import Facts, PackageVersion
from dtm.runner.deps import Deps
from dtm.runner.events import EventKind, RunEvent
from dtm.runner.halting import Halting
from dtm.runner.selection import Selected, unreleased

_T = TypeVar("_T")


class MissingRequirements(DtmError):
    """The client schema lacks privileges or objects the package says it requires."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An instance that may be worked on. `schema` is the client schema."""

    instance: Instance
    schema: str


class ConfigReader:
    """What many streams ask of the configuration, one at a time; survives a restarted repository."""

    def __init__(self, open_session: Callable[[], OracleSession]) -> None:
        self._open = open_session
        self._session: OracleSession | None = None
        self._lock = threading.Lock()
        self._versions: dict[tuple[str, str], PackageVersion] = {}

    def version(self, package: str, version: str) -> PackageVersion:
        """A package version with its texts."""
        with self._lock:
            key = (package, version)
            if key not in self._versions:
                self._versions[key] = self._ask(lambda store: store.unit_texts(package, version))
            return self._versions[key]

    def record(self, facts: Facts) -> None:
        """Record which database an instance is, at first contact."""
        with self._lock:
            self._ask(lambda store: store.record_facts([facts]))

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()

    def _ask(self, question: Callable[[ConfigStore], _T]) -> _T:
        if self._session is not None:
            try:
                return question(ConfigStore(self._session))
            except OracleError as error:
                if error.error_class is not ErrorClass.UNKNOWN_OUTCOME:
                    raise
                self._session.close()
        self._session = self._open()
        return question(ConfigStore(self._session))


@dataclass
class Preflight:
    """Answers `ready(instance)`; an instance's failure is remembered and raised to each stream."""

    deps: Deps
    selected: Selected
    run_id: str
    repair: bool
    config: ConfigReader
    facts: Mapping[str, Facts]
    releases: Mapping[tuple[str, str], str]
    halting: Halting
    random: Callable[[], float]
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _results: dict[str, Ready | DtmError] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def ready(self, name: str) -> Ready:
        """Check and prepare an instance the first time; raises what was wrong every time."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._results:
                try:
                    self._results[name] = self._prepare(name)
                except DtmError as error:
                    self._results[name] = error
            result = self._results[name]
        if isinstance(result, DtmError):
            raise result
        return result

    def open(self, instance: Instance) -> OracleSession:
        """Connect, again with backoff while nothing answers; a refused logon is never repeated."""
        tuning = self.deps.tuning
        for attempt in range(1, tuning.connect_attempts + 1):
            try:
                return self.deps.connect(instance, "dtm run")
            except OracleError as error:
                last = attempt == tuning.connect_attempts
                if error.error_class is not ErrorClass.TRANSIENT_CONNECT or last:
                    raise
                delay = tuning.connect_backoff_s * 2 ** (attempt - 1) * (0.8 + 0.4 * self.random())
                self._tell(
                    EventKind.CONNECTING,
                    f"once more in {delay:.0f} s: {error.message}",
                    instance.name,
                )
                if not self.halting.pause(instance.name, delay):
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _prepare(self, name: str) -> Ready:
        instance = self.selected.inventory.instance(name)
        package = unreleased(self.selected, name, self.releases)
        if package is not None:
            raise NotApplied(
                f"no version of {package} is released on {name}",
                hint="`dtm apply` rolls packages out; a wave that failed releases nothing",
            )
        self._refuse_other_helper(name)
        session = self.open(instance)
        try:
            identity = self.check(session, instance)
            lacking = missing(session, self.selected.package.requires)
        finally:
            session.close()
        if lacking:
            raise MissingRequirements(
                f"{self.selected.package.name} requires what the client schema lacks: "
                + ", ".join(lacking),
                where=name,
                hint="have a DBA grant it to that schema directly, not through a role",
            )
        self._install(name)
        return Ready(instance, identity.current_schema)

    def _refuse_other_helper(self, name: str) -> None:
        """Calls and helper change together: what another dtm released does not fit this one's."""
        for package, version in self.deps.helper.items():
            if self.releases.get((name, package), version) != version:
                raise NotApplied(
                    f"the helper package {package} released on {name} is of another dtm",
                    hint="`dtm apply` rolls out the one that belongs to this dtm",
                )

    def check(self, session: OracleSession, instance: Instance) -> Identity:
        """Make sure that this is the database it should be, and that it can be written."""
        identity = session.identity()
        check_name(identity, instance.expect_db_unique_names, instance.name)
        known = self.facts.get(instance.name)
        if known is not None:
            check_recorded(identity, known.dbid, known.pdb_guid, instance.name)
        check_writable(identity, instance.name)
        if known is None:
            self.config.record(
                Facts(instance.name, identity.db_unique_name, identity.dbid, identity.pdb_guid)
            )
        return identity

    def _install(self, name: str) -> None:
        versions = tuple(
            self.config.version(package, self.releases[name, package])
            for package in self.selected.packages
        )
        for done in self.deps.install(name, versions, self.run_id, self.repair):
            self._tell(EventKind.INSTALL, done, name)

    def _tell(self, kind: EventKind, message: str, instance: str) -> None:
        event = RunEvent(kind, message, run_id=self.run_id, instance=instance)
        self.deps.reporter.report(event)
