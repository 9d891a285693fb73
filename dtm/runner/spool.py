"""The local spool: journal writes that the repository could not take, fsync'd one JSON line each.

Only outcomes, logs and ends are spooled, never an intent: without the repository no task starts.
Replaying is idempotent, because every write is absolute (see `dtm.repository.runs`). The file is
locked by the runner that fills it; any later runner on this machine replays what it finds unlocked.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TextIO

from dtm.errors import DtmError
from dtm.model import states, stream
from dtm.repository import runs_rows
from dtm.repository.runs_rows import Write

_CLASSES: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        stream.TaskKey,
        stream.Attempt,
        stream.Start,
        stream.Intent,
        stream.Outcome,
        stream.Ended,
        stream.StreamRecord,
        stream.OutcomeBy,
        states.AttemptState,
        states.StreamState,
        states.Phase,
        runs_rows.SqlRow,
        runs_rows.Event,
        runs_rows.Write,
    )
}


class Spool:
    """The spool file of one runner. Created when first needed, removed when it is replayed."""

    def __init__(self, directory: Path, name: str) -> None:
        self.path = directory / f"{name}.jsonl"
        self._file: TextIO | None = None

    def append(self, writes: list[Write]) -> None:
        """Make writes durable on the local disk. Raises OSError (disk full and the like)."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
            self._file = os.fdopen(descriptor, "a+", encoding="utf-8")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.writelines(f"{encode(write)}\n" for write in writes)
        self._file.flush()
        os.fsync(self._file.fileno())

    def clear(self) -> None:
        """Everything in it is in the repository: remove it."""
        if self._file is not None:
            self.path.unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Let go of the file and leave it for the next runner."""
        if self._file is not None:
            self._file.close()
            self._file = None


@contextmanager
def left_behind(path: Path) -> Iterator[list[Write] | None]:
    """Read a spool file under its lock and remove it after the block; None: its runner lives.

    A last line without an end was being written when its runner died: it is not durable, and the
    attempt it was about is looked up on the client instead.
    """
    with path.open("r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        lines = [line for line in file if line.endswith("\n")]
        yield [decode(line, str(path)) for line in lines]
        path.unlink(missing_ok=True)


def encode(write: Write) -> str:
    """One line of JSON."""
    return json.dumps(_plain(write), separators=(",", ":"), ensure_ascii=True)


def decode(line: str, origin: str = "spool") -> Write:
    """Read a line of `encode`; DtmError if it is not one."""
    try:
        value = _value(json.loads(line))
    except (ValueError, KeyError, TypeError) as error:
        raise DtmError(f"{origin} holds a line that dtm did not write: {error}") from error
    if not isinstance(value, Write):
        raise DtmError(f"{origin} holds something else than journal writes")
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return {"$": type(value).__name__, "value": value.value}
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {"$": type(value).__name__, **named}
    if isinstance(value, datetime):
        return {"$": "datetime", "value": value.isoformat()}
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    return value


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(_value(member) for member in plain)
    if not isinstance(plain, dict):
        return plain
    named = {name: _value(member) for name, member in plain.items() if name != "$"}
    if plain["$"] == "datetime":
        return datetime.fromisoformat(named["value"])
    cls = _CLASSES[plain["$"]]
    return cls(**named)
