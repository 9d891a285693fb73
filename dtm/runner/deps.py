"""What the runner is given: callables and values, built by `dtm.bootstrap` or a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dtm.model.instance import Instance
from dtm.oracle.session import OracleSession
from dtm.repository.records import PackageVersion
from dtm.runner.events import Reporter, Silent
from dtm.runner.journal import Patience
from dtm.runner.ports import Strike, unharmed

Installer = Callable[[str, tuple[PackageVersion, ...], str, bool], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Tuning:
    """Seconds; tests make them short. `poll_s` is also the heartbeat of the lock session."""

    poll_s: float = 1.0
    harvest_s: float = 2.0
    tick_s: float = 0.1
    registry_s: float = 30.0  # others that are just starting a run of the same operation
    gate_s: float = 60.0  # an install that is going on
    weak_s: float = 2.0
    grace_s: float = 1.0  # the database notices that a killed runner's sessions are dead
    orphan_s: float = 10.0  # a session this runner itself has lost
    stuck_s: float = 60.0  # a cancelled call that does not end
    prune_s: float = 120.0  # one instance, when old logs are removed
    connect_attempts: int = 3
    connect_backoff_s: float = 1.0
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Deps:
    """The outside world of a runner. Sessions are the runner's to close.

    `repository` and `connect` open a new session with a deadline, for a purpose shown in
    V$SESSION; they raise DtmError. `install` brings released package versions to an instance:
    (instance, versions, run id, repair) -> what was done, in words. `actor`: user@host.
    `helper`: versions of the helper packages that this dtm's calls are written for, by name.
    `strike` is set by fault tests only.
    """

    repository: Callable[[str], OracleSession]
    connect: Callable[[Instance, str], OracleSession]
    install: Installer
    state_dir: Path
    actor: str
    tool_version: str
    reporter: Reporter = field(default_factory=Silent)
    helper: Mapping[str, str] = field(default_factory=dict)
    tuning: Tuning = field(default_factory=Tuning)
    strike: Strike = unharmed
