"""A repository and instances for fault tests: apply the reference operation, run it here or in a
process of its own that can be killed."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dtm.model.instance import ConnectSpec, Instance
from dtm.model.resources import Kind, Resource
from dtm.oracle.connect import connect
from dtm.oracle.errors import OracleError
from dtm.oracle.logons import Logons
from dtm.oracle.session import OracleSession
from dtm.reconcile.oracle_target import OracleTarget, helper_versions
from dtm.reconcile.released import ensure_released
from dtm.repository.records import PackageVersion
from dtm.repository.runs import RunStore
from dtm.runner.deps import Deps as RunnerDeps
from dtm.runner.deps import Tuning
from dtm.runner.events import Reporter, RunEvent
from dtm.runner.journal import Patience
from dtm.runner.ports import Strike, unharmed
from dtm.runner.request import RunReport, RunRequest
from dtm.runner.run import run
from tests.conftest import Database, Schema
from tests.contract.repository import world as applied
from tests.faults import reference
from tests.faults.process import Process, wait_until

QUICK = Tuning(
    poll_s=0.1,
    harvest_s=0.2,
    tick_s=0.02,
    grace_s=0.5,
    orphan_s=5.0,
    registry_s=20.0,
    stuck_s=10.0,
    connect_attempts=2,
    connect_backoff_s=0.1,
    patience=Patience(outage_s=10.0, retry_s=0.1),
)


CLIENT_TABLES = (
    *(name.removesuffix(".sql") for name in reference.TABLES),
    *("dtm_sql_log", "dtm_parameters", "dtm_markers", "dtm_streams"),
)
REPOSITORY_TABLES = (
    "dtm_fences",
    *(f"dtm_run_{name}" for name in ("halts", "events", "sql", "attempts", "packages")),
    *("dtm_run_parameters", "dtm_run_streams", "dtm_runs"),
)


class Remember:
    """A reporter for tests."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []

    def report(self, event: RunEvent) -> None:
        self.events.append(event)


@dataclass
class FaultWorld(applied.World):
    """`tasks`, `iterations`: of the reference operation. `state_dir` holds the spool."""

    state_dir: Path = Path()
    tasks: list[dict[str, Any]] = field(default_factory=lambda: list(reference.TASKS))
    iterations: int = 1
    body: str = reference.BODY
    objects: list[Any] = field(default_factory=list)
    assignment: dict[str, Any] = field(default_factory=dict)
    requires: dict[str, Any] = field(default_factory=dict)
    operation: dict[str, Any] = field(default_factory=dict)
    reporter: Remember = field(default_factory=Remember)
    broken: dict[str, str] = field(default_factory=dict)  # user -> DSN that runs use instead
    routes: dict[str, str] = field(default_factory=dict)  # the same, through a relay that works
    tuning: Tuning = QUICK
    logons: Logons = field(default_factory=Logons)
    processes: list[Process] = field(default_factory=list)

    def tree(self, **_: Any) -> list[Resource]:
        units = [
            {"file": "ref_op.pks", "type": "PACKAGE", "name": "REF_OP"},
            {"file": "ref_op.pkb", "type": "PACKAGE BODY", "name": "REF_OP"},
        ]
        tables = [
            {"file": name, "type": "TABLE", "name": name.removesuffix(".sql").upper()}
            for name in reference.TABLES
        ]
        sources = {"ref_op.pks": reference.SPEC, "ref_op.pkb": self.body, **reference.TABLES}
        operation = {
            "package": "REF_OP",
            "lifecycle": reference.LIFECYCLE,
            "tasks": self.tasks,
            "parameters": {"ITERATIONS": {"type": "number", "default": self.iterations}},
            **self.operation,
        }
        assignment = {"operation": "ref-op", "environment": "test", **self.assignment}
        if self.objects:
            assignment["objects"] = self.objects
        make = applied.resource
        return [
            make(Kind.ENVIRONMENT, "test", {}),
            *(self.instance(name) for name in self.schemas),
            make(
                Kind.PACKAGE,
                "REF_OP",
                {"units": units, "tables": tables, "requires": self.requires},
                sources,
            ),
            make(Kind.OPERATION, "ref-op", operation),
            make(Kind.ASSIGNMENT, "ref", assignment),
        ]

    def runner_deps(
        self,
        *,
        strike: Strike = unharmed,
        reporter: Reporter | None = None,
    ) -> RunnerDeps:
        def install(
            instance: str, versions: tuple[PackageVersion, ...], run_id: str, repair: bool
        ) -> tuple[str, ...]:
            deps = self.deps(
                repository=self.central,
                connect=lambda instance: OracleTarget(self.client(instance)),
            )
            return ensure_released(deps, instance, versions, run_id=run_id, repair=repair)

        return RunnerDeps(
            repository=lambda _purpose: self.central(),
            connect=lambda instance, _purpose: self.client(instance),
            install=install,
            state_dir=self.state_dir,
            actor="tester@here",
            tool_version="1.0",
            reporter=self.reporter if reporter is None else reporter,
            tuning=self.tuning,
            strike=strike,
        )

    def client(self, instance: Instance) -> OracleSession:
        """A client session for a run, through the guard of logons; `broken` DSNs are honoured."""
        schema = next(s for s in self.schemas.values() if s.user == instance.connect.user)
        dsn = self.broken.get(schema.user, self.routes.get(schema.user, schema.dsn))
        spec = ConnectSpec(schema.user, dsn=dsn)
        deadline_s = 2.0 if schema.user in self.broken else 20.0
        return self.logons.connect(spec, schema.password, deadline_s=deadline_s, purpose="dtm run")

    def central(self) -> OracleSession:
        """A repository session for a run."""
        spec = ConnectSpec(
            self.repository.user, dsn=self.routes.get(self.repository.user, self.repository.dsn)
        )
        return connect(spec, self.repository.password, deadline_s=20.0, purpose="dtm run")

    # running

    def run(self, *, strike: Strike = unharmed, **request: Any) -> RunReport:
        """Run in this process."""
        return run(RunRequest("ref-op", "test", **request), self.runner_deps(strike=strike))

    def process(
        self,
        *,
        point: str | None = None,
        where: str = "",
        action: str = "kill",
        count: int = 1,
        outage_s: float = 30.0,
        env: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
        held: bool = False,
        **request: Any,
    ) -> Process:
        """Run in a process of its own. At the `count`-th time of `point` at `where` ("": any)
        it kills itself with SIGKILL, stops itself with SIGSTOP, or raises. `env`: added to the
        environment; `wrapper`: the command that is to start it; `held`: it waits for `begin`."""
        given = {
            "dsn": self.database.dsn,
            "repository": [
                self.repository.dsn,
                self.repository.user,
                self.repository.password,
            ],
            "schemas": {name: [s.user, s.password] for name, s in self.schemas.items()},
            "state_dir": str(self.state_dir),
            "strike": {"point": point, "where": where, "action": action, "count": count},
            "outage_s": outage_s,
            "request": request,
        }
        process = Process(given, self.state_dir / "runners", env or {}, wrapper, held=held)
        self.processes.append(process)
        return process

    # between tests

    def renew(self, state_dir: Path) -> None:
        """Empty every table that runs write, as if nothing had ever run."""
        self.state_dir = state_dir
        self.reporter, self.logons, self.tuning = Remember(), Logons(), QUICK
        self.broken.clear()
        self.routes.clear()
        for schema in self.schemas.values():
            _empty(schema, CLIENT_TABLES)
        _empty(self.repository, REPOSITORY_TABLES)

    def end_sessions(self) -> None:
        """End what a test left running or connected to its schemas."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.kill()
        self.processes.clear()
        admin = self.database.admin()
        for schema in (self.repository, *self.schemas.values()):
            rows = admin.query(
                "SELECT sid, serial# FROM v$session WHERE username = :u", {"u": schema.user}
            )
            for sid, serial in rows:
                with suppress(OracleError):  # ended by itself meanwhile
                    admin.execute(f"ALTER SYSTEM KILL SESSION '{sid},{serial}' IMMEDIATE")
        admin.close()

    # telling tasks what to do

    def tell(self, instance: str, task: str, action: str, times: int = 1) -> None:
        """Set a knob: COMPLETE, COMMIT, ROLLBACK, MEET B, MEET C; WAIT or FAIL after the work, and
        WAIT or FAIL FIRST (before it) or LAST (after a self-committing task's commit)."""
        session = self.schemas[instance].connect()
        session.execute(
            "INSERT INTO ref_knobs (task, action, times) VALUES (:task, :action, :times)",
            {"task": task, "action": action, "times": times},
        )
        session.commit()
        session.close()

    @contextmanager
    def gate(self, instance: str) -> Iterator[Callable[[], None]]:
        """Keep tasks told to WAIT inside the server until the block ends or the value is called."""
        gate = 1 + zlib.crc32(self.schemas[instance].user.encode()) % 1_000_000
        session = self.schemas[instance].connect()
        session.execute("DELETE FROM ref_knobs WHERE action = 'GATE'")
        session.execute("INSERT INTO ref_knobs VALUES ('gate', 'GATE', :gate)", {"gate": gate})
        session.commit()
        block = "BEGIN :r := DBMS_LOCK.REQUEST(id => :gate, lockmode => 6, timeout => 10); END;"
        assert session.call(block, {"gate": gate}, {"r": int}) == {"r": 0}
        try:
            yield session.close
        finally:
            session.close()

    def wait_for_call(self, instance: str, task: str, count: int = 1) -> None:
        """Return when `task` has been called that often."""
        wait_until(lambda: self.calls(instance)[task] >= count, f"{task} is called")

    # looking

    def calls(self, instance: str) -> Counter[str]:
        """Calls by task, rolled-back ones included."""
        rows = self.on(instance, "SELECT task, COUNT(*) FROM ref_calls GROUP BY task")
        return Counter({task: int(count) for task, count in rows})

    def ledger(self, instance: str) -> Counter[tuple[int, str]]:
        """Committed work by (iteration, task)."""
        sql = "SELECT iteration, task, COUNT(*) FROM ref_ledger GROUP BY iteration, task"
        return Counter({(int(i), task): int(n) for i, task, n in self.on(instance, sql)})

    def attempts(self, run_id: str) -> list[tuple[Any, ...]]:
        """(instance, task, state, outcome_by) in order."""
        sql = (
            "SELECT s.instance_name, a.task_name, a.state, a.outcome_by FROM dtm_run_attempts a"
            " JOIN dtm_run_streams s ON s.handle = a.handle WHERE s.run_id = :run_id"
            " ORDER BY s.instance_name, a.seq"
        )
        return self.query(sql, run_id=run_id)

    def markers(self, instance: str) -> dict[tuple[int, str], str]:
        """Marker states by (iteration, task)."""
        sql = "SELECT iteration, task, state FROM dtm_markers"
        return {(int(i), task): state for i, task, state in self.on(instance, sql)}

    def store(self) -> RunStore:
        """The run store on a session that lives as long as the test."""
        return RunStore(self.repository.connect())

    def assert_each_once(self, instance: str, iterations: int = 1) -> None:
        """Every atomic task exactly once per iteration, no self-committing one lost."""
        ledger = self.ledger(instance)
        for iteration in range(1, iterations + 1):
            for task in ("iterator", *reference.ATOMIC):
                assert ledger[iteration, task] == 1, (iteration, task, ledger)
            for task in ("s", "p"):
                assert ledger[iteration, task] >= 1, (iteration, task, ledger)
        assert ledger[iterations, "finalN"] == 1, ledger

    def assert_no_locks(self) -> None:
        """Nobody holds a user lock of dtm any more."""
        admin = self.database.admin()
        try:
            wait_until(
                lambda: admin.query("SELECT COUNT(*) FROM gv$lock WHERE type = 'UL'") == [(0,)],
                "no user lock is left",
            )
        finally:
            admin.close()


def _empty(schema: Schema, tables: Sequence[str]) -> None:
    session = schema.connect()
    for table in tables:
        session.execute(f"DELETE FROM {table}")
    session.commit()
    session.close()


@contextmanager
def fault_world(
    database: Database,
    state_dir: Path,
    names: Sequence[str] = ("east",),
    *,
    central: Database | None = None,
    **more: Any,
) -> Iterator[FaultWorld]:
    """Schemas made and the reference operation applied; dropped at the end.

    `central`: where the repository is, if not in the instances' database.
    """
    with ExitStack() as stack:
        home = central or database
        repository = stack.enter_context(home.schema("DTMREPO", applied.REPOSITORY_GRANTS))
        schemas = {
            name: stack.enter_context(database.schema("DTMCLI", applied.CLIENT_GRANTS))
            for name in names
        }
        made = FaultWorld(
            database, repository, schemas, helper=helper_versions(), state_dir=state_dir, **more
        )
        report = made.apply()
        assert report.exit_code == 0, report
        yield made
        made.end_sessions()
