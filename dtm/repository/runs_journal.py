"""Writing journal batches in as few round trips as can be; the last of them commits.

What the streams of a batch have to say is one block with a piece per stream: a batch of any usual
size is one round trip, and a second one where statements were logged. A block has 1, 2, 4, 8 or 16
pieces, so that the database has few texts to parse; the last row fills up the pieces that are left,
since writing it again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from dtm.errors import DatabaseError, Locked
from dtm.model.database import Session
from dtm.repository.queries import load
from dtm.repository.runs_binds import SQL_TYPES, STREAM_TYPES, Binds, Types, statements
from dtm.repository.runs_rows import Write

SIZES = (1, 2, 4, 8, 16)
_BIND = re.compile(r":([a-z]\w*)")
_NAME = re.compile(r"\{(\w+)\}")
_OUT = {"fenced": int, "halts": int}


class Fenced(Locked):
    """Another runner has taken the stream over; whoever sees this writes nothing more."""


class RowsHeld(Locked):
    """A session of another runner has begun to write and does not come to an end."""


def lock_streams(session: Session, run_id: str) -> None:
    """Lock the rows of a run's unfinished streams; RowsHeld if somebody does not let go of one."""
    try:
        session.query(load("runs")["lock_streams"], {"run_id": run_id})
    except DatabaseError as error:
        session.rollback()
        if "ORA-30006" not in error.message:
            raise
        raise RowsHeld(
            "a session of another runner is writing the streams of this run, and does not end",
            hint="if that runner was stopped: let it go on, or have its sessions ended by a DBA",
        ) from error


def write_batch(session: Session, batch: Sequence[Write]) -> int:
    """Make a batch durable; return how many requests to halt the run nobody has honoured yet.

    Raises Fenced if any stream has another fence: nothing of such a stream is written then.
    """
    rows = statements(batch)
    pieces = [*_chunks("stream", rows.streams), *_chunks("sql", rows.sql)]
    halts = 0
    for number, (name, chunk) in enumerate(pieces, start=1):
        commit = number == len(pieces) and not rows.events
        found = _run(session, name, chunk, commit=commit)
        if found["fenced"]:
            session.rollback()
            raise Fenced("another runner has taken this over", hint="`dtm status` shows it")
        halts = found["halts"]
    session.execute_many(load("runs")["write_event"], rows.events, commit=True)
    return halts


def _chunks(name: str, rows: list[Binds]) -> Iterator[tuple[str, list[Binds]]]:
    for start in range(0, len(rows), SIZES[-1]):
        yield name, rows[start : start + SIZES[-1]]


def _run(session: Session, name: str, rows: list[Binds], *, commit: bool) -> dict[str, int]:
    size = next(size for size in SIZES if size >= len(rows))
    padded = rows + rows[-1:] * (size - len(rows))
    binds = {f"{key}_{n}": row[key] for n, row in enumerate(padded, start=1) for key in row}
    block, types = _block(name, size)
    return session.call(block, binds, _OUT, types=types, commit=commit)


@cache
def _block(name: str, size: int) -> tuple[str, Types]:
    """The block of `size` pieces, and the types of its binds."""
    journal, queries = load("journal"), load("runs")
    piece = _NAME.sub(lambda match: queries[match[1]], journal[name])
    numbers = range(1, size + 1)
    pieces = "\n".join(_BIND.sub(rf":\1_{n}", piece) for n in numbers)
    kinds = STREAM_TYPES if name == "stream" else SQL_TYPES
    types = {f"{key}_{n}": kind for n in numbers for key, kind in kinds.items()}
    return journal["block"].replace("{pieces}", pieces), types
