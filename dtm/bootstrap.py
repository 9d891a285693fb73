"""The composition root: builds adapters from settings; the cli calls it and nothing else does.

Each method imports what it builds: validating a tree loads no driver, `sandbox status` no parser.

Secrets are resolved here, at the moment a connection needs them, and never kept in a value that is
printed, recorded or saved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dtm import __version__
from dtm.errors import ConfigurationError
from dtm.manifests import find_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dtm.manifests import Loaded, Settings
    from dtm.model.database import Session
    from dtm.model.instance import ConnectSpec, Instance, SecretRef
    from dtm.model.run import OpenRun
    from dtm.oracle.logons import Logons
    from dtm.oracle.session import OracleSession
    from dtm.reconcile.deps import Deps as ReconcileDeps
    from dtm.reconcile.deps import Desired
    from dtm.repository.records import PackageVersion
    from dtm.runner.deps import Deps as RunnerDeps
    from dtm.runner.events import Reporter

TOOL_VERSION = __version__
CONNECT_DEADLINE_S = 20.0


@dataclass(frozen=True)
class Wiring:
    """Everything a command may need, built on first use; one per command."""

    root: Path
    deadline_s: float = CONNECT_DEADLINE_S

    @cached_property
    def logons(self) -> Logons:
        """One failed login per credential and command, whatever asks for the connection."""
        from dtm.oracle.logons import Logons

        return Logons()

    @cached_property
    def settings(self) -> Settings:
        """Settings of the tree (dtm.yaml), without reading a manifest."""
        from dtm.manifests import read_settings

        return read_settings(self.root)

    @property
    def state_dir(self) -> Path:
        """Where this machine keeps what the repository does not have yet."""
        return self.settings.state_dir

    def tree(self) -> Loaded:
        """Load and check every manifest of the tree."""
        from dtm.manifests import load

        return load(self.root)

    def repository(self, purpose: str) -> OracleSession:
        """Open a new session on the central repository."""
        spec = self.settings.repository
        if spec is None:
            raise ConfigurationError(
                "no repository is configured",
                where=str(self.root / "dtm.yaml"),
                hint="add `repository: {user: ..., dsn: ..., password: {env: ...}}` to dtm.yaml",
            )
        return self._open(spec, purpose)

    def instance(self, instance: Instance, purpose: str) -> OracleSession:
        """Open a new session on an instance's client schema."""
        return self._open(instance.connect, purpose)

    def desired(self, loaded: Loaded) -> Desired:
        """The working tree as reconcile takes it."""
        from dtm.reconcile.deps import Desired

        loaded.require()
        return Desired(loaded.resources, git_commit(self.root), loaded.source_location)

    def reconcile_deps(self) -> ReconcileDeps:
        """What planning and applying need."""
        import getpass
        import socket

        from dtm.reconcile.deps import Deps, Who
        from dtm.reconcile.oracle_target import OracleTarget, helper_versions, repository_lock
        from dtm.repository.runs import RunStore

        return Deps(
            repository=lambda: self.repository("reconcile"),
            connect=lambda instance: OracleTarget(self.instance(instance, "reconcile")),
            helper=helper_versions(),
            lock=repository_lock,
            tool_version=TOOL_VERSION,
            who=Who(getpass.getuser(), socket.gethostname()),
            open_runs=open_runs,
            rename_history=lambda session, kind, old, new: RunStore(session).rename(
                kind, old, new
            ),
        )

    def runner_deps(self, reporter: Reporter | None = None) -> RunnerDeps:
        """What running needs. `reporter` gets the events of a run; none: they are dropped."""
        from dtm.reconcile.released import ensure_released
        from dtm.runner.deps import Deps
        from dtm.runner.events import Silent

        reconcile = self.reconcile_deps()

        def install(
            instance: str, versions: tuple[PackageVersion, ...], run_id: str, repair: bool
        ) -> tuple[str, ...]:
            return ensure_released(reconcile, instance, versions, run_id=run_id, repair=repair)

        return Deps(
            repository=self.repository,
            connect=self.instance,
            install=install,
            state_dir=self.state_dir,
            actor=actor(),
            tool_version=TOOL_VERSION,
            reporter=reporter if reporter is not None else Silent(),
            helper={each.package: each.version for each in reconcile.helper},
        )

    def protected_environments(self) -> frozenset[str]:
        """Names of the applied environments that ask for --confirm."""
        from dtm.repository.config import ConfigStore
        from dtm.runner.prepare import read_applied

        session = self.repository("run")
        try:
            inventory = read_applied(ConfigStore(session)).inventory
        finally:
            session.close()
        return frozenset(name for name, env in inventory.environments.items() if env.protected)

    def _open(self, spec: ConnectSpec, purpose: str) -> OracleSession:
        spec = self.settings.located(spec)
        return self.logons.connect(
            spec,
            _secret(spec.password),
            wallet_secret=_secret(spec.wallet_password),
            deadline_s=self.deadline_s,
            purpose=purpose,
        )


@dataclass(frozen=True)
class Address:
    """A database and how to log on to it; the password is a throw-away one."""

    dsn: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class StandIn(Wiring):
    """The same tree, on databases that stand in for those it names: for rehearsals.

    `instances` by instance name; asking for another one is a KeyError. Secrets are never resolved.
    """

    central: Address = field(kw_only=True)
    instances: Mapping[str, Address] = field(kw_only=True)
    directory: Path = field(kw_only=True)

    @property
    def state_dir(self) -> Path:
        """The rehearsal's own."""
        return self.directory

    def repository(self, purpose: str) -> OracleSession:
        """Open a session on the stand-in's repository."""
        return self._log_on(self.central, purpose)

    def instance(self, instance: Instance, purpose: str) -> OracleSession:
        """Open a session on the database that stands in for the instance."""
        return self._log_on(self.instances[instance.name], purpose)

    def _log_on(self, address: Address, purpose: str) -> OracleSession:
        from dtm.model.instance import ConnectSpec

        spec = ConnectSpec(user=address.user, dsn=address.dsn)
        return self.logons.connect(
            spec, address.password, wallet_secret=None, deadline_s=self.deadline_s, purpose=purpose
        )


def open_runs(session: Session) -> tuple[OpenRun, ...]:
    """The runs that are not over, as reconcile asks for them."""
    from dtm.repository.runs import RunStore
    from dtm.repository.runs_read import RunReader

    return RunReader(session, RunStore(session)).open_runs()


def _secret(reference: SecretRef | None) -> str | None:
    if reference is None:
        return None
    from dtm.oracle.secrets import resolve

    return resolve(reference)


def tree_root(directory: Path | None) -> Path:
    """The tree to work on: `directory`, or the nearest one at or above with a dtm.yaml."""
    return find_root(Path.cwd()) if directory is None else directory.resolve()


def actor() -> str:
    """Who acts, for the audit columns: user@host."""
    import getpass
    import socket

    return f"{getpass.getuser()}@{socket.gethostname()}"


def git_commit(root: Path) -> str | None:
    """The commit of the tree, with `-dirty` when files differ from it; None outside git."""
    import subprocess

    command = [
        "git",
        "-C",
        str(root),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
        "--exclude=*",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def direct_session(dsn: str, user: str, password: str) -> OracleSession:
    """Open a session that no manifest describes: a DBA's, for the demo."""
    from dtm.model.instance import ConnectSpec
    from dtm.oracle.connect import connect

    spec = ConnectSpec(user=user, dsn=dsn)
    return connect(spec, password, deadline_s=CONNECT_DEADLINE_S, purpose="demo")
