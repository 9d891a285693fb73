"""Sequences: numbers outside of transactions (SQL Language Reference 19c, CREATE SEQUENCE).

Numbers are handed out from memory; before each physical commit the high-water mark, a cache's
worth ahead, goes to the dictionary. So a number that could have been seen is never given again,
and a crash loses at most the cached ones, as in Oracle.
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog_model import Sequence
from dtm.sandbox.sql.storage import Database


class Sequences:
    """The sequences of one instance."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next: dict[int, int] = {}
        self._changed: dict[int, tuple[str, str]] = {}
        self._cycled: set[int] = set()
        database.before_commit.append(self._keep)

    def load(self) -> None:
        """Start from the kept high-water marks."""
        for sequence in self._database.catalog.all(Sequence):
            self._next[sequence.id] = sequence.next_value

    def next_value(self, sequence: Sequence) -> int:
        """NEXTVAL; ORA-08004 at the end of a sequence that does not cycle."""
        with self._database.mutex:
            value = self._next.setdefault(sequence.id, sequence.next_value)
            if sequence.increment > 0 and value > sequence.maximum:
                value = self._wrap(sequence, "MAX", sequence.minimum)
            elif sequence.increment < 0 and value < sequence.minimum:
                value = self._wrap(sequence, "MIN", sequence.maximum)
            self._next[sequence.id] = value + sequence.increment
            self._changed[sequence.id] = (sequence.owner, sequence.name)
            self._database.begin()
            return value

    def _wrap(self, sequence: Sequence, end: str, restart: int) -> int:
        if not sequence.cycle:
            limit = sequence.maximum if end == "MAX" else sequence.minimum
            raise OraError(
                8004,
                message=f"sequence {sequence.name}.NEXTVAL "
                f"{'exceeds' if end == 'MAX' else 'goes below'} {end}VALUE {limit} "
                "and cannot be instantiated",
            )
        self._cycled.add(sequence.id)
        return restart

    def peek(self, sequence: Sequence) -> int:
        """The number NEXTVAL would give now."""
        return self._next.get(sequence.id, sequence.next_value)

    def reset(self, sequence: Sequence) -> None:
        """Take `next_value` from the dictionary anew (CREATE, ALTER ... RESTART)."""
        self._next[sequence.id] = sequence.next_value

    def _keep(self) -> None:
        """Before a physical commit: keep marks that were passed."""
        for sequence_id, (owner, name) in self._changed.items():
            sequence = self._database.catalog.find(owner, name)
            if not isinstance(sequence, Sequence) or sequence.id != sequence_id:
                continue
            value = self._next[sequence_id]
            ahead = (value - sequence.next_value) * sequence.increment
            if ahead > 0 or sequence_id in self._cycled:
                mark = value + max(sequence.cache - 1, 0) * sequence.increment
                mark = min(max(mark, sequence.minimum - 1), sequence.maximum + 1)
                self._database.catalog.note_sequence(sequence, mark)
        self._changed.clear()
        self._cycled.clear()
