"""The systematic matrix: every kill point x every blow x every task, resumed until it is done."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from dtm.errors import DtmError, ExitCode
from dtm.oracle.errors import OracleError
from dtm.runner import control
from dtm.runner.request import RunReport
from tests.conftest import Schema
from tests.faults.audit import audit, audit_calls
from tests.faults.network import Relay
from tests.faults.process import wait_until
from tests.faults.striking import FAILS, GATES, Kill, Seen, Striker, installs, look, lost_answers
from tests.faults.world import FaultWorld


class Blow(StrEnum):
    """What happens at the point. A connection is lost before the next answer, or in its stead."""

    RAISE = "raise"
    SIGKILL = "SIGKILL"
    CLIENT_BEFORE = "client lost before the answer"
    CLIENT_AFTER = "client lost after the answer"
    REPOSITORY_BEFORE = "repository lost before the answer"
    REPOSITORY_AFTER = "repository lost after the answer"
    SESSION_KILLED = "a DBA kills the client sessions"  # while the server works


EVERYWHERE = [blow for blow in list(Blow) if blow is not Blow.SESSION_KILLED]
TASKS = ("iterator", "initial", "a", "b", "c", "s", "p", "m", "d", "finalN", "finalY")
SELF_COMMITTING = ("s", "p", "m")
INSTALLS = (Kill.BEFORE_DDL, Kill.SPEC_IN, Kill.BODY_IN)
PER_TASK = (Kill.INTENT_RECORDED, Kill.ANSWER_LOST, Kill.ANSWER_RECEIVED)
# Before the first of them, in their order, between one and the next: that many boundaries.
BOUNDARIES = range(1, 11)


@dataclass(frozen=True)
class Case:
    """One field of the matrix. `where`: a task, an instance, `repository`, or the n-th boundary."""

    kill: Kill
    blow: Blow
    where: str

    def __str__(self) -> str:
        return f"{self.kill.value} - {self.blow.value} - {self.where}"


def cases() -> Iterator[Case]:
    """All of them."""
    blow: Blow  # any of them, in both loops
    for blow in EVERYWHERE:
        yield Case(Kill.BEFORE_LOCK, blow, "repository")
        yield Case(Kill.BEFORE_LOCK, blow, "east")
        yield Case(Kill.LOCK_HELD, blow, "east")
        yield Case(Kill.RUN_WRITTEN, blow, "")
        for kill in INSTALLS:
            yield Case(kill, blow, "")
        for boundary in BOUNDARIES:
            yield Case(Kill.BETWEEN_TASKS, blow, str(boundary))
        for task in (*TASKS, "iterator2"):
            for kill in PER_TASK:
                yield Case(kill, blow, task)
        for task in ("finalN", "finalY"):
            yield Case(Kill.IN_FINAL, blow, task)
    for blow in list(Blow):
        for task in TASKS:
            yield Case(Kill.WORKING, blow, task)
            yield Case(Kill.NOT_COMMITTED, blow, task)
        for task in SELF_COMMITTING:
            yield Case(Kill.NO_MARKER, blow, task)


@dataclass
class Wires:
    """The relays that a run of this process goes through."""

    client: Relay
    repository: Relay

    def lose(self, blow: Blow) -> None:
        """Lose what the blow says."""
        relay = self.client if blow in (Blow.CLIENT_BEFORE, Blow.CLIENT_AFTER) else self.repository
        if blow in (Blow.CLIENT_AFTER, Blow.REPOSITORY_AFTER):
            relay.swallow()
        else:
            relay.cut()


@contextmanager
def wired(ref: FaultWorld) -> Iterator[Wires]:
    """Lead the runs of this process through relays."""
    schema = ref.schemas["east"]
    wires = Wires(Relay(schema.dsn), Relay(ref.repository.dsn))
    ref.routes |= {schema.user: wires.client.dsn, ref.repository.user: wires.repository.dsn}
    try:
        yield wires
    finally:
        ref.routes.clear()
        wires.client.close()
        wires.repository.close()


def play(ref: FaultWorld, case: Case) -> None:
    """Strike once, resume until it is through, look at everything."""
    if case.kill in INSTALLS:
        ref.do("east", "DROP PACKAGE ref_op")  # the run brings it back
    if case.where == "finalY":
        ref.tell("east", "d", "FAIL")
    seen = struck(ref, case)
    assert seen is not None, f"{case}: it did not fire"
    expect(case, seen)
    until_done(ref, case)
    ((run_id,),) = ref.query("SELECT run_id FROM dtm_runs")
    twice = case.kill is Kill.NO_MARKER and case.where == "s"
    audit(ref, run_id, str(case), repeatable=int(twice))
    audit_calls(ref, "east", str(case))
    ref.assert_no_locks()
    if case.kill in INSTALLS:
        plan = ref.plan().plan
        assert plan.empty, (str(case), plan.changes, plan.drift)


def struck(ref: FaultWorld, case: Case) -> Seen | None:
    """What was seen at the point; None: it was never reached."""
    if case.kill in GATES and case.blow is Blow.RAISE:
        return _failed_in_the_task(ref, case)
    if case.kill in GATES:
        return _while_the_server_works(ref, case)
    where, count = _place(case)
    if case.blow is Blow.SIGKILL:
        process = ref.process(point=case.kill.value, where=where, count=count)
        status = process.wait()
        assert status == -9, (str(case), status, process.output())
        return Seen.read(process.output())
    with wired(ref) as wires:
        striker = Striker(case.kill, where, count, lambda: _act(case, wires), lambda: look(ref))
        with lost_answers(striker), installs(striker):
            _run(ref, striker)
    return striker.seen


def _act(case: Case, wires: Wires) -> None:
    if case.blow is Blow.RAISE:
        raise DtmError(f"struck at {case.kill}")
    wires.lose(case.blow)
    if case.kill is Kill.ANSWER_LOST and case.blow in (Blow.CLIENT_BEFORE, Blow.CLIENT_AFTER):
        raise OracleError("DPY-4011: the database or network closed the connection")


def _place(case: Case) -> tuple[str, int]:
    """Name and number of the occurrence, as the product counts."""
    if case.kill is Kill.BETWEEN_TASKS:
        return "east", int(case.where)
    if case.where in ("finalN", "finalY"):
        return "final", 1
    if case.where == "iterator2":
        return "iterator", 2
    return case.where, 1


def _run(ref: FaultWorld, striker: Striker | None = None) -> RunReport | DtmError:
    try:
        return ref.run() if striker is None else ref.run(strike=striker)
    except DtmError as error:
        return error


def _failed_in_the_task(ref: FaultWorld, case: Case) -> Seen:
    """The task itself raises there; what is left of it is what the next one sees."""
    ref.tell("east", case.where, FAILS[case.kill])
    report = _run(ref)
    assert isinstance(report, RunReport), report
    assert report.exit_code is ExitCode.FAILED, (str(case), report)
    seen = look(ref)
    assert ref.calls("east")[case.where] == 1, str(case)
    return seen


def _while_the_server_works(ref: FaultWorld, case: Case) -> Seen:
    """The task waits inside the server while the blow falls."""
    ref.tell("east", case.where, GATES[case.kill])
    if case.blow is Blow.SIGKILL:
        with ref.gate("east") as open_gate:
            process = ref.process()
            ref.wait_for_call("east", case.where)
            _wait_inside(ref)
            seen = look(ref)
            process.kill()
            open_gate()
        return seen
    with wired(ref) as wires, ThreadPoolExecutor(1) as pool, ref.gate("east") as open_gate:
        running = pool.submit(_run, ref)
        try:
            ref.wait_for_call("east", case.where)
            _wait_inside(ref)
            seen = look(ref)
            if case.blow is Blow.SESSION_KILLED:
                kill_sessions(ref, ref.schemas["east"])
            else:
                wires.lose(case.blow)
        finally:
            open_gate()
        running.result(60)
    return seen


def _wait_inside(ref: FaultWorld) -> None:
    """Return when a session waits at the gate: its work up to there is done."""
    sql = "SELECT COUNT(*) FROM gv$lock WHERE type = 'UL' AND request = 4"
    admin = ref.database.admin()
    try:
        wait_until(lambda: admin.query(sql) != [(0,)], "a task waits at the gate")
    finally:
        admin.close()


def kill_sessions(ref: FaultWorld, schema: Schema) -> None:
    """Kill the runner's sessions of a schema, as a DBA would; those of the test live."""
    admin = ref.database.admin()
    sql = "SELECT sid, serial# FROM v$session WHERE username = :u AND module LIKE 'DTM.%'"
    for sid, serial in admin.query(sql, {"u": schema.user}):
        admin.execute(f"ALTER SYSTEM KILL SESSION '{sid},{serial}' IMMEDIATE")
    admin.close()


def expect(case: Case, seen: Seen) -> None:
    """What the marker must have said at that moment, and the ledger with it."""
    if case.kill in (Kill.BEFORE_LOCK, Kill.LOCK_HELD, Kill.RUN_WRITTEN, *INSTALLS):
        assert seen == Seen({}, {}), (str(case), seen)
        return
    if case.kill is Kill.BETWEEN_TASKS:
        order = ("iterator", "initial", "a", "c", "s", "p", "m", "d")
        number = int(case.where)
        done = order[min(number, len(order)) - 1]
        assert seen.markers.get((1, done)) == "DONE", (str(case), seen)
        return
    task = "final" if case.where.startswith("final") else case.where.removesuffix("2")
    marker = seen.markers.get((2 if case.where == "iterator2" else 1, task))
    worked = seen.worked.get(case.where.removesuffix("2"), 0)
    told = case.kill in (Kill.ANSWER_LOST, Kill.ANSWER_RECEIVED)
    if case.where == "iterator2" or case.kill is Kill.NO_MARKER:
        assert (marker, worked) == (None, 1), (str(case), seen)
    else:
        assert (marker, worked) == (("DONE", 1) if told else (None, 0)), (str(case), seen)


def until_done(ref: FaultWorld, case: object) -> None:
    """Run again until a run is complete, and answer for the manual task as a person would: by
    looking."""
    reports: list[RunReport] = []
    while ref.query("SELECT state FROM dtm_runs") != [("COMPLETED",)]:
        assert len(reports) < 6, f"{case}: not through: {reports}"
        reports.append(ref.run(wait_s=20))
        if reports[-1].streams[0].state == "UNKNOWN":
            done = ref.ledger("east")[1, "m"] > 0
            run_id, deps = reports[-1].run_id, ref.runner_deps()
            control.resolve(run_id, "east", "m", "looked", deps, done=done)
