"""What must be true once the reference operation is through, whatever happened on the way.

The ledger (committed work), the calls (autonomous, so rolled-back ones count), the attempts and the
SQL log tell the same story from four sides; `audit` compares them and asserts the promises.
"""

from __future__ import annotations

from collections import Counter

from tests.faults import reference
from tests.faults.world import FaultWorld

Ledger = Counter[tuple[int, str]]


def ledger_of(ref: FaultWorld, instance: str, handle: str) -> Ledger:
    """Committed work of one stream by (iteration, task)."""
    sql = "SELECT iteration, task FROM ref_ledger WHERE run_id = :h"
    return Counter((int(i), task) for i, task in ref.on(instance, sql, h=int(handle)))


def audit(
    ref: FaultWorld, run_id: str, seed: str = "", iterations: int = 1, repeatable: int = 0
) -> None:
    """Assert that a run is complete, and that nothing was lost, doubled or left behind.

    `seed`: shown when an assertion fails. `repeatable`: how many times more than once a
    self-committing task with restart `safe` may have done its work (at least once is its promise).
    """
    states = ref.query(
        "SELECT state, open_key FROM dtm_runs WHERE run_id = :r AND ended_at IS NOT NULL", r=run_id
    )
    assert states == [("COMPLETED", None)], (seed, states)
    sql = "SELECT instance_name, handle, state FROM dtm_run_streams WHERE run_id = :r"
    for instance, handle, state in ref.query(sql, r=run_id):
        assert state == "COMPLETED", (seed, instance, state)
        done = ledger_of(ref, instance, handle)
        _work_done(ref, done, iterations, repeatable, seed)
        _attempts_complete(ref, handle, done, seed)
        _sql_log_complete(ref, instance, handle, done, seed)
    assert list((ref.state_dir / "spool").glob("*")) == [], seed


def _work_done(ref: FaultWorld, done: Ledger, iterations: int, repeatable: int, seed: str) -> None:
    """Atomic tasks exactly once per iteration; probe and manual ones as well; nothing lost."""
    once = ["iterator", *reference.ATOMIC, "p"]
    once += ["m" for task in ref.tasks if task.get("name") == "m"]
    for iteration in range(1, iterations + 1):
        for task in once:
            assert done[iteration, task] == 1, (seed, iteration, task, done)
        assert 1 <= done[iteration, "s"] <= 1 + repeatable, (seed, iteration, done)
    assert done[iterations, "finalN"] == 1, (seed, done)
    assert not any(iteration > iterations for iteration, _ in done), (seed, done)


def _attempts_complete(ref: FaultWorld, handle: str, done: Ledger, seed: str) -> None:
    """Every attempt has an outcome; what the ledger holds, and only that, is recorded as done."""
    sql = (
        "SELECT iteration, task_name, phase, after_error, state, outcome_by, resolution"
        " FROM dtm_run_attempts WHERE handle = :h AND ended_at IS NOT NULL ORDER BY seq"
    )
    rows = ref.query(sql, h=handle)
    ((count,),) = ref.query("SELECT COUNT(*) FROM dtm_run_attempts WHERE handle = :h", h=handle)
    assert len(rows) == count, (seed, "attempts without an end", rows)
    recorded: Counter[tuple[int, str]] = Counter()
    for iteration, name, phase, after_error, state, by, _ in rows:
        assert state in ("DONE", "FAILED", "CANCELLED", "ABANDONED", "UNKNOWN"), (seed, rows)
        task = name + after_error if phase == "FINAL" else name
        if state == "DONE" and by != "COMPLETE":
            recorded[int(iteration), task] += 1
    for key in set(done) | set(recorded):
        if key[1] != "s":  # may have worked more than once
            assert recorded[key] == done[key], (seed, key, recorded, done)


def _sql_log_complete(
    ref: FaultWorld, instance: str, handle: str, done: Ledger, seed: str
) -> None:
    """The repository holds every row of the client's SQL log, in its last state."""
    here = ref.on(instance, "SELECT log_key, status FROM dtm_sql_log WHERE handle = :h", h=handle)
    sql = "SELECT client_key, state, task_name, rolled_back FROM dtm_v_sql WHERE handle = :h"
    rows = ref.query(sql, h=handle)
    there = {key: state for key, state, *_ in rows}
    assert there == dict(here), (seed, "SQL log", _difference(ref, instance, handle, there))
    assert "RUNNING" not in there.values(), (seed, rows)
    kept: Counter[str] = Counter()
    for _, state, task, rolled_back in rows:
        kept[task] += state == "DONE" and rolled_back == "N"
    worked: Counter[str] = Counter()
    for (_, task), number in done.items():
        worked["final" if task.startswith("final") else task] += number
    for task in ("iterator", "initial", "final", *reference.ATOMIC):
        assert kept[task] == worked[task], (seed, task, kept, worked)


def audit_calls(ref: FaultWorld, instance: str, seed: str = "") -> None:
    """No call without an attempt. Only where a single run called the tasks of this instance."""
    sql = (
        "SELECT CASE phase WHEN 'FINAL' THEN task_name || after_error ELSE task_name END, COUNT(*)"
        " FROM dtm_run_attempts a JOIN dtm_run_streams s ON s.handle = a.handle"
        " WHERE s.instance_name = :i"
        " GROUP BY CASE phase WHEN 'FINAL' THEN task_name || after_error ELSE task_name END"
    )
    attempts = {task: int(count) for task, count in ref.query(sql, i=instance)}
    for task, count in ref.calls(instance).items():
        assert attempts.get(task, 0) >= count, (seed, task, count, attempts)


def _difference(
    ref: FaultWorld, instance: str, handle: str, there: dict[str, str]
) -> list[object]:
    """Rows of the client's SQL log that the repository lacks or shows otherwise."""
    sql = (
        "SELECT log_key, status, acknowledged, phase, task, attempt, started_at FROM dtm_sql_log"
        " WHERE handle = :h ORDER BY started_at"
    )
    rows = ref.on(instance, sql, h=handle)
    return [(*row, there.get(row[0])) for row in rows if there.get(row[0]) != row[1]]
