"""P3: one executor per operation, environment and instance."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterable

import pytest

from dtm.errors import ExitCode, Locked
from dtm.runner.keeper import Keeper
from dtm.runner.ports import Point
from tests.faults.audit import audit, audit_calls
from tests.faults.process import begin_together, wait_until
from tests.faults.world import CLIENT_TABLES, REPOSITORY_TABLES, FaultWorld


def wait_for_runners(ref: FaultWorld, number: int) -> None:
    """Return when so many runners have been waiting for, or hold, the locks for a moment."""
    sql = "SELECT COUNT(*) FROM v$session WHERE action = 'locks' AND username = :u"
    admin = ref.database.admin()
    user = {"u": ref.repository.user}
    wait_until(lambda: admin.query(sql, user) == [(number,)], f"{number} runners")
    admin.close()
    time.sleep(0.5)


def test_second_runner_is_told_who_is_at_work(ref: FaultWorld) -> None:
    ref.tell("east", "a", "WAIT")
    with ref.gate("east") as open_gate:
        first = ref.process()
        ref.wait_for_call("east", "a")
        with pytest.raises(Locked) as refused:
            ref.run()
        assert "SID" in refused.value.message
        open_gate()
        assert first.wait() == 0, first.output()
    ref.assert_each_once("east")


def test_second_runner_may_wait(ref: FaultWorld) -> None:
    ref.tell("east", "a", "WAIT")
    with ref.gate("east") as open_gate:
        first = ref.process()
        ref.wait_for_call("east", "a")
        second = ref.process(wait_s=30)
        wait_for_runners(ref, 2)
        open_gate()
        assert first.wait() == 0, first.output()
        assert second.wait() == 0, second.output()


@pytest.mark.timeout(600)
def test_many_runners_started_together_run_it_once_at_a_time(ref: FaultWorld) -> None:
    ref.tell("east", "a", "WAIT", times=1)
    with ref.gate("east") as open_gate:
        runners = [ref.process(held=True) for _ in range(4)]
        begin_together(runners)
        ref.wait_for_call("east", "a")
        wait_until(
            lambda: sum(r.popen.poll() is not None for r in runners) == 3, "three are refused"
        )
        open_gate()
        statuses = sorted(runner.wait() for runner in runners)
    assert statuses == [0, 4, 4, 4], [runner.output() for runner in runners]
    assert ref.calls("east")["a"] == 1
    ref.assert_each_once("east")


def test_waiting_runner_works_on_what_it_finds_when_it_has_the_lock(ref: FaultWorld) -> None:
    """What was read before the locks were held is read again."""
    ref.tell("east", "a", "WAIT")
    ref.tell("east", "d", "FAIL")
    with ref.gate("east") as open_gate:
        first = ref.process()
        ref.wait_for_call("east", "a")
        second = ref.process(wait_s=30)
        wait_for_runners(ref, 2)
        open_gate()
        assert first.wait() == ExitCode.FAILED, first.output()
        assert second.wait() == 0, second.output()
    assert ref.calls("east")["a"] == 1
    ((run_id,),) = ref.query("SELECT run_id FROM dtm_runs")
    states = Counter((task, state) for _, task, state, _ in ref.attempts(run_id))
    assert (states["initial", "DONE"], states["d", "FAILED"], states["d", "DONE"]) == (2, 1, 1)
    assert all(states[task, "DONE"] == 1 for task in "abcsp"), states
    ref.assert_each_once("east")


def test_what_was_read_before_the_locks_were_held_is_read_again(
    ref: FaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first runner does all but one task between the second one's reading and its locks."""
    ref.tell("east", "a", "WAIT")
    ref.tell("east", "d", "FAIL")
    with ref.gate("east") as open_gate:
        first = ref.process()
        ref.wait_for_call("east", "a")
        original = Keeper.take

        def take(self: Keeper, instances: Iterable[str]) -> dict[str, Locked]:
            open_gate()
            assert first.wait() == ExitCode.FAILED, first.output()
            return original(self, instances)

        monkeypatch.setattr(Keeper, "take", take)
        report = ref.run()
    assert report.exit_code is ExitCode.OK, report
    assert all(ref.calls("east")[task] == 1 for task in "abcsp"), ref.calls("east")
    audit(ref, report.run_id)


def kill_sessions(ref: FaultWorld, condition: str) -> None:
    """Kill the sleeper's sessions, as a DBA would."""
    admin = ref.database.admin()
    for user in (ref.repository.user, ref.schemas["east"].user):
        sql = f"SELECT sid, serial# FROM v$session WHERE username = :u AND {condition}"
        for sid, serial in admin.query(sql, {"u": user}):
            admin.execute(f"ALTER SYSTEM KILL SESSION '{sid},{serial}' IMMEDIATE")
    admin.close()


def everything(ref: FaultWorld) -> dict[str, list[str]]:
    """Every row that runs write, in the repository and on the client."""
    found: dict[str, list[str]] = {}
    for table in REPOSITORY_TABLES:
        found[table] = sorted(map(str, ref.query(f"SELECT * FROM {table}")))
    for table in CLIENT_TABLES:
        found[table] = sorted(map(str, ref.on("east", f"SELECT * FROM {table}")))
    return found


ALL = "1 = 1"
NOT_ITS_JOURNAL = "(action = 'locks' OR username LIKE 'DTMCLI%')"
NOT_ITS_CLIENT = "username LIKE 'DTMREPO%'"


@pytest.mark.parametrize(
    ("point", "task", "condition"),
    [
        pytest.param(Point.INTENT_RECORDED, "d", ALL, marks=pytest.mark.slow),
        (Point.INTENT_RECORDED, "d", NOT_ITS_JOURNAL),
        pytest.param(Point.INTENT_RECORDED, "b", ALL, marks=pytest.mark.slow),
        pytest.param(Point.ANSWER_RECEIVED, "d", ALL, marks=pytest.mark.slow),
        (Point.ANSWER_RECEIVED, "d", NOT_ITS_JOURNAL),
        pytest.param(Point.ANSWER_RECEIVED, "final", NOT_ITS_JOURNAL, marks=pytest.mark.slow),
    ],
    ids=lambda value: str(value.value if isinstance(value, Point) else value)[:20],
)
def test_stopped_runner_keeps_others_out_and_writes_nothing_when_it_wakes(
    ref: FaultWorld, point: Point, task: str, condition: str
) -> None:
    """SIGSTOP, takeover refused, sessions killed, takeover, SIGCONT: not a row changes."""
    sleeper = ref.process(point=point.value, where=task, action="stop")
    wait_until(lambda: "STRUCK" in sleeper.output(), "it has stopped")
    with pytest.raises(Locked):
        ref.run()
    kill_sessions(ref, condition)
    report = ref.run(wait_s=20)
    assert report.exit_code is ExitCode.OK, report
    before = everything(ref)
    sleeper.signal(signal.SIGCONT)
    assert sleeper.wait() != 0, sleeper.output()
    assert everything(ref) == before, sleeper.output()
    audit(ref, report.run_id)
    audit_calls(ref, "east")
    ref.assert_no_locks()


def test_stopped_runner_whose_client_session_lives_keeps_others_from_its_stream(
    ref: FaultWorld,
) -> None:
    """The repository's locks are gone with its sessions, those on the client are not."""
    sleeper = ref.process(point=Point.INTENT_RECORDED.value, where="d", action="stop")
    wait_until(lambda: "STRUCK" in sleeper.output(), "it has stopped")
    kill_sessions(ref, NOT_ITS_CLIENT)
    refused = ref.run()
    assert refused.exit_code is ExitCode.LOCKED, refused
    assert "SID" in refused.streams[0].message
    sleeper.signal(signal.SIGCONT)
    assert sleeper.wait() != 0, sleeper.output()
    report = ref.run(wait_s=20)
    assert report.exit_code is ExitCode.OK, report
    assert ref.calls("east")["d"] == 1, "what it had begun counts"
    audit(ref, report.run_id)
    ref.assert_no_locks()


def test_stopped_while_it_wrote_keeps_the_next_one_out_and_does_not_hang_it(
    ref: FaultWorld,
) -> None:
    """Its open transaction holds the stream's row; only the lock session was killed."""
    ref.tell("east", "d", "FAIL")
    assert ref.run().exit_code is ExitCode.FAILED
    stopped = ref.repository.connect()
    stopped.execute("UPDATE dtm_run_streams SET touched_at = touched_at")
    with pytest.raises(Locked, match="writing the streams"):
        ref.run()
    stopped.close()
    assert ref.run(wait_s=20).exit_code is ExitCode.OK
