"""NEXTVAL and CURRVAL of a session (SQL Language Reference 19c, "Sequence Pseudocolumns")."""

from __future__ import annotations

from collections.abc import Callable

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog_model import Sequence as OraSequence
from dtm.sandbox.sql.transactions import StorageSession


class SessionSequences:
    """NEXTVAL and CURRVAL of a session."""

    def __init__(self, storage: StorageSession) -> None:
        self.storage = storage

    def _find(self, key: int) -> OraSequence:
        catalog = self.storage.instance.catalog
        by_id: dict[int, OraSequence] = catalog.cached(
            "sequences by id", lambda: {s.id: s for s in catalog.all(OraSequence)}
        )
        found = by_id.get(key)
        if found is None:
            raise OraError(2289)
        current = catalog.find(found.owner, found.name)
        return current if isinstance(current, OraSequence) else found

    def nextval(self, key: int) -> int:
        value = self.storage.instance.sequences.next_value(self._find(key))
        self.storage.current_values[key] = value
        return value

    def currval(self, key: int) -> int:
        """ORA-08002 before the session's first NEXTVAL."""
        value = self.storage.current_values.get(key)
        if value is None:
            raise OraError(8002, self._find(key).name)
        return value


class Draws:
    """One sequence named at several places of a statement: one number a row, the same at all.

    SQL Language Reference 19c, "How to Use Sequence Values". Every place is asked once a row.
    """

    def __init__(self, places: int) -> None:
        self._taken = [0] * places
        self._values: list[int] = []

    def at(self, place: int, draw: Callable[[], int]) -> int:
        """The number of the row that this place has come to."""
        index = self._taken[place]
        if index == len(self._values):
            self._values.append(draw())
        value = self._values[index]
        self._taken[place] += 1
        if min(self._taken):
            self._values.pop(0)
            self._taken = [taken - 1 for taken in self._taken]
        return value
