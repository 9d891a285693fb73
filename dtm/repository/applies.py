"""ApplyLog: the record of applies - begun before anything is written, finished with the outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dtm.model.database import Row, Session
from dtm.model.resources import Kind
from dtm.repository.flatten import clip
from dtm.repository.queries import load
from dtm.repository.records import (
    ApplyHeader,
    ApplyRecord,
    ApplyState,
    ChangeRecord,
    FieldRecord,
    Outcome,
)

Q = load("applies")


class ApplyLog:
    """Writes and reads DTM_APPLIES and its children; the repository lock is held when writing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, header: ApplyHeader, changes: Sequence[ChangeRecord]) -> int:
        """Record that an apply begins and what it means to do; return its number.

        An apply still RUNNING here was killed (the lock is ours) and is marked INTERRUPTED.
        """
        self._session.execute(Q["interrupt_applies"])
        apply_id = int(self._session.query(Q["next_apply_id"])[0][0])
        binds = {
            "apply_id": apply_id,
            "os_user": clip(header.os_user, 128),
            "host": clip(header.host, 255),
            "commit_id": header.commit,
            "plan_digest": header.plan_digest,
            "manifest_digest": header.manifest_digest,
            "tool_version": header.tool_version,
            "serial_before": header.serial_before,
        }
        self._session.execute(Q["insert_apply"], binds)
        self._insert_changes(apply_id, changes)
        self._session.commit()
        return apply_id

    def serial_written(self, apply_id: int, serial: int) -> None:
        """Note the serial an apply wrote; the caller's transaction commits it."""
        self._session.execute(Q["serial_written"], {"apply_id": apply_id, "serial_after": serial})

    def set_outcomes(
        self, apply_id: int, outcomes: Sequence[tuple[int, Outcome, str | None]]
    ) -> None:
        """Record what became of changes: (seq, outcome, message)."""
        rows = [
            {"apply_id": apply_id, "seq": seq, "outcome": outcome.value, "message": message}
            for seq, outcome, message in outcomes
        ]
        if rows:
            self._session.execute_many(Q["set_outcome"], rows)
            self._session.commit()

    def finish(self, apply_id: int, state: ApplyState, error: str | None = None) -> None:
        """Record how an apply ended."""
        binds = {"apply_id": apply_id, "state": state.value, "error": error}
        self._session.execute(Q["finish_apply"], binds)
        self._session.commit()

    def applies(self) -> tuple[ApplyRecord, ...]:
        """List all applies, the newest first."""
        return tuple(_apply(row) for row in self._session.query(Q["applies"]))

    def touched(self, apply_id: int) -> frozenset[str]:
        """Return the instances that an apply began to install."""
        rows = self._session.query(Q["touched"], {"apply_id": apply_id})
        return frozenset(str(row[0]) for row in rows)

    def changes(self, apply_id: int) -> tuple[ChangeRecord, ...]:
        """Read the changes of one apply in the order of its plan."""
        binds = {"apply_id": apply_id}
        fields: dict[int, list[FieldRecord]] = defaultdict(list)
        for seq, path, old, new in self._session.query(Q["fields"], binds):
            fields[int(seq)].append(FieldRecord(path, old, new))
        return tuple(
            ChangeRecord(
                seq=int(seq),
                action=action,
                kind=Kind(kind),
                name=name,
                instance=instance,
                environment=environment,
                reason=reason or "",
                outcome=Outcome(outcome),
                message=message,
                fields=tuple(fields[int(seq)]),
            )
            for seq, action, kind, name, instance, environment, reason, outcome, message in (
                self._session.query(Q["changes"], binds)
            )
        )

    def _insert_changes(self, apply_id: int, changes: Sequence[ChangeRecord]) -> None:
        rows = [
            {
                "apply_id": apply_id,
                "seq": change.seq,
                "action": change.action,
                "kind": change.kind.value,
                "name": change.name,
                "instance": change.instance,
                "environment": change.environment,
                "reason": clip(change.reason),
                "outcome": change.outcome.value,
            }
            for change in changes
        ]
        fields = [
            {
                "apply_id": apply_id,
                "seq": change.seq,
                "field": number,
                "path": clip(field.path, 1000),
                "old_value": field.old,
                "new_value": field.new,
            }
            for change in changes
            for number, field in enumerate(change.fields, start=1)
        ]
        if rows:
            self._session.execute_many(Q["insert_change"], rows)
        if fields:
            self._session.execute_many(Q["insert_field"], fields)


def _apply(row: Row) -> ApplyRecord:
    (
        apply_id,
        state,
        started,
        finished,
        os_user,
        host,
        commit,
        plan_digest,
        manifest_digest,
        tool_version,
        before,
        after,
        error,
    ) = row
    header = ApplyHeader(
        os_user, host, commit, plan_digest, manifest_digest, tool_version, int(before)
    )
    return ApplyRecord(
        int(apply_id),
        ApplyState(state),
        started,
        finished,
        header,
        None if after is None else int(after),
        error,
    )
