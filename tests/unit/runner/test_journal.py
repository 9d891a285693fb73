"""The journal: group commit, fencing, outages bridged by the spool, replay."""

# ruff: noqa: DTZ001 - times are naive UTC, as in the repository

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from dtm.errors import DatabaseError, Degraded, DtmError, Locked
from dtm.model.states import AttemptState, Phase, StreamState
from dtm.model.stream import (
    Attempt,
    Ended,
    Intent,
    Outcome,
    OutcomeBy,
    Start,
    StreamRecord,
    TaskKey,
)
from dtm.repository.runs import Fenced
from dtm.repository.runs_rows import Event, SqlRow, Write
from dtm.runner.journal import GroupJournal, Patience, QueuedWrite
from dtm.runner.spool import Spool, decode, encode, left_behind

NOW = datetime(2026, 3, 1, 12, 30, 15, 250)
FAST = Patience(outage_s=2.0, retry_s=0.02)


class Store:
    """Keeps writes; can be away, or have fenced handles out."""

    def __init__(self) -> None:
        self.batches: list[list[Write]] = []
        self.away = False
        self.fenced: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.requests = 0

    def write(self, batch: list[Write]) -> int:
        self.gate.wait()
        if self.away:
            raise DatabaseError("DPY-4011: gone")
        if any(write.handle in self.fenced for write in batch):
            raise Fenced("taken over")
        self.batches.append(batch)
        return self.requests

    @property
    def written(self) -> list[Write]:
        return [write for batch in self.batches for write in batch]


def intent(handle: str = "1", seq: int = 1) -> Write:
    attempt = Attempt(seq, TaskKey(1, Phase.TASK, "a"), 1, 0, 7, AttemptState.RUNNING)
    record = StreamRecord(handle, StreamState.RUNNING, fence=7, last_seq=seq, attempts=(attempt,))
    return Write(record, NOW, (Intent(attempt, at=NOW),))


def outcome(handle: str = "1", seq: int = 1) -> Write:
    entry = Outcome(seq, AttemptState.DONE, OutcomeBy.ANSWER, at=NOW, elapsed_s=0.25)
    sql = (SqlRow("k1", "DONE", attempt_seq=seq, sql_text="delete from Ö", started_at=NOW),)
    record = intent(handle, seq).record.apply(entry)
    return Write(record, NOW, (entry,), sql, (Event("e", "run", "NOTE", "me", "x", NOW),))


def journal(store: Store, path: Path, **more: object) -> GroupJournal:
    regain = more.pop("regain", lambda: store)
    return GroupJournal(store, Spool(path, "spool"), regain, FAST)  # type: ignore[arg-type]


def test_many_streams_share_a_commit(tmp_path: Path) -> None:
    store = Store()
    store.gate.clear()
    log = journal(store, tmp_path)
    tickets = [log.submit(intent(str(n))) for n in range(50)]
    store.gate.set()
    for ticket in tickets:
        ticket.wait()
    assert len(store.written) == 50
    assert len(store.batches) <= 2
    assert log.close(5)


def test_fenced_stream_is_told_and_the_others_are_written(tmp_path: Path) -> None:
    store = Store()
    store.gate.clear()
    store.fenced = {"2"}
    log = journal(store, tmp_path)
    tickets = {handle: log.submit(intent(handle)) for handle in "123"}
    store.gate.set()
    tickets["1"].wait()
    tickets["3"].wait()
    with pytest.raises(Fenced):
        tickets["2"].wait()
    assert [w.handle for w in store.written] == ["1", "3"]
    assert log.close(5)


def test_outcome_is_durable_in_the_spool_and_replayed_before_anything_else(
    tmp_path: Path,
) -> None:
    store = Store()
    log = journal(store, tmp_path)
    log.submit(intent()).wait()
    store.away = True
    log.submit(outcome()).wait()
    assert log.away
    assert decode((tmp_path / "spool.jsonl").read_text()) == outcome()
    second = log.submit(intent(seq=2))
    time.sleep(0.1)
    assert not second.done.is_set(), "no task starts while the repository is away"
    store.away = False
    second.wait()
    assert [type(w.entries[0]).__name__ for w in store.written] == ["Intent", "Outcome", "Intent"]
    assert not (tmp_path / "spool.jsonl").exists()
    assert log.close(5)


def test_spooled_outcome_counts_only_when_the_disk_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fsync comes after the whole line and before anybody is told."""
    synced: list[str] = []
    submitted = threading.Event()

    def fsync(_descriptor: int) -> None:
        assert submitted.wait(10)
        assert not ticket.done.is_set()
        synced.append((tmp_path / "spool.jsonl").read_text())

    monkeypatch.setattr(os, "fsync", fsync)
    store = Store()
    store.away = True
    log = journal(store, tmp_path)
    ticket = log.submit(outcome())
    submitted.set()
    ticket.wait()
    assert [decode(line) for line in synced if line] == [outcome()]  # "": of the directory
    log.close(5)


def test_intent_gives_up_after_its_patience(tmp_path: Path) -> None:
    store = Store()
    store.away = True
    log = GroupJournal(store, Spool(tmp_path, "s"), lambda: store, Patience(0.2, 0.05))
    with pytest.raises(Degraded, match="no new task"):
        log.submit(intent()).wait()
    assert not log.close(5) or not log.spooled


def test_what_is_spooled_at_the_end_stays_for_the_next_runner(tmp_path: Path) -> None:
    store = Store()
    log = journal(store, tmp_path, regain=gone)
    store.away = True
    log.submit(outcome()).wait()
    assert not log.close(2)
    with left_behind(tmp_path / "spool.jsonl") as writes:
        assert writes is not None
        assert writes.writes == (outcome(),)
    assert not (tmp_path / "spool.jsonl").exists()


def gone() -> Store:
    raise DatabaseError("ORA-12541: no listener")


def test_locks_lost_to_somebody_else_refuse_every_later_write(tmp_path: Path) -> None:
    def taken() -> Store:
        raise Locked("another runner has the lock")

    store = Store()
    log = journal(store, tmp_path, regain=taken)
    store.away = True
    with pytest.raises(Fenced):
        log.submit(intent()).wait()
    store.away = False
    with pytest.raises(Fenced):
        log.submit(intent(seq=2)).wait()
    assert store.written == []


def test_spool_of_a_living_runner_is_left_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "alive")
    spool.append([outcome()])
    with left_behind(spool.path) as writes:
        assert writes is None
    spool.close()
    with left_behind(spool.path) as writes:
        assert writes is not None
        assert writes.writes == (outcome(),)


def test_torn_last_line_is_not_durable(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(encode(outcome()) + "\n" + encode(outcome(seq=2))[:40])
    with left_behind(path) as writes:
        assert writes is not None
        assert writes.writes == (outcome(),)


def test_foreign_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DtmError, match="did not write"):
        decode(json.dumps({"$": "Popen", "args": ["rm"]}))


@pytest.mark.parametrize(
    "write",
    [
        outcome(),
        intent(),
        Write(StreamRecord("9"), NOW, (Start(5, fresh=True, at=NOW), Ended(StreamState.HALTED))),
        replace(outcome(), sql=()),
    ],
)
def test_spool_lines_round_trip(write: Write) -> None:
    assert decode(encode(write)) == write


def test_disk_full_on_the_spool_is_remembered(tmp_path: Path) -> None:
    class Full(Spool):
        def append(self, writes: list[Write]) -> None:
            raise OSError(28, "No space left on device")

    store = Store()
    store.away = True
    log = GroupJournal(store, Full(tmp_path, "s"), gone, FAST)
    log.submit(outcome()).wait()
    assert log.lost_local is not None
    assert "No space" in log.lost_local
    assert not log.close(2)


def test_what_a_full_disk_did_not_take_is_written_as_soon_as_there_is_room(
    tmp_path: Path,
) -> None:
    class Tight(Spool):
        full = True

        def append(self, writes: list[Write]) -> None:
            if self.full:
                raise OSError(28, "No space left on device")
            super().append(writes)

    store, spool = Store(), Tight(tmp_path, "s")
    told: list[str] = []
    store.away = True
    log = GroupJournal(store, spool, gone, FAST, on_outage=told.append)
    log.submit(outcome("1")).wait()
    log.submit(outcome("2")).wait()
    spool.full = False
    log.submit(outcome("3")).wait()
    assert log.lost_local is None
    assert not log.close(2)
    with left_behind(spool.path) as found:
        assert found is not None
        assert [write.handle for write in found.writes] == ["1", "2", "3"]
    assert [text for text in told if "spool" in text] == [
        "the local spool cannot be written either: No space left on device"
    ]


def test_a_write_that_does_not_fit_leaves_no_half_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, "s")
    spool.append([outcome("1")])
    original, calls = os.write, []

    def half(descriptor: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return original(descriptor, data[:20])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        spool.append([outcome("2")])
    monkeypatch.setattr(os, "write", original)
    spool.append([outcome("3")])
    spool.close()
    with left_behind(spool.path) as found:
        assert found is not None
        assert [write.handle for write in found.writes] == ["1", "3"]
        assert found.broken == ()
    assert not spool.path.exists()


@pytest.mark.parametrize("damage", [b"{}\n", b"\x00\xff\xfe\n", b'{"$":"Write"\n', b"\n"])
def test_a_damaged_line_is_skipped_and_said_and_the_file_kept(
    tmp_path: Path, damage: bytes
) -> None:
    path = tmp_path / "s.jsonl"
    lines = [encode(outcome(handle)).encode() + b"\n" for handle in ("1", "2")]
    path.write_bytes(lines[0] + damage + lines[1] + lines[0][:30])
    with left_behind(path) as found:
        assert found is not None
        assert [write.handle for write in found.writes] == ["1", "2"]
        (said,) = found.broken
        assert "s.jsonl, line 2" in said
    assert [p.name for p in tmp_path.iterdir()] == ["s.jsonl.kept"]


def test_requests_are_told_before_the_waiting_stream_goes_on(tmp_path: Path) -> None:
    store = Store()
    told: list[tuple[int, list[bool]]] = []
    store.requests = 2
    queued: list[QueuedWrite] = []

    def tell(count: int) -> None:
        told.append((count, [each.done.is_set() for each in queued]))

    log = GroupJournal(store, Spool(tmp_path, "s"), lambda: store, FAST, on_requests=tell)
    store.gate.clear()
    queued.append(log.submit(intent()))
    store.gate.set()
    queued[0].wait()
    log.close(5)
    assert told[0] == (2, [False])
