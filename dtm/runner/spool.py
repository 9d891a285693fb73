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
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

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
        self._descriptor: int | None = None

    def append(self, writes: list[Write]) -> None:
        """Make writes durable on the local disk, all or none of them. Raises OSError (disk full, a
        directory that cannot be written, and the like)."""
        if not writes:
            return
        descriptor = self._open()
        start = os.lseek(descriptor, 0, os.SEEK_END)
        data = memoryview("".join(f"{encode(write)}\n" for write in writes).encode())
        try:
            while data:
                data = data[os.write(descriptor, data) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, start)  # half a line would spoil the next one
            raise

    def clear(self) -> None:
        """Everything in it is in the repository: remove it."""
        if self._descriptor is not None:
            self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of the file and leave it for the next runner."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._descriptor = descriptor
            directory = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)  # the file's name must outlive a power cut, too
            finally:
                os.close(directory)
        return self._descriptor


@dataclass(slots=True)
class LeftBehind:
    """What a spool file holds. `broken`: lines that cannot be read, with why. Whoever replays adds
    to `skipped` what the repository did not take."""

    writes: tuple[Write, ...]
    broken: tuple[str, ...] = ()
    skipped: list[str] = field(default_factory=list)


@contextmanager
def left_behind(path: Path) -> Iterator[LeftBehind | None]:
    """Read a spool file under its lock and remove it after the block; None: its runner lives.

    A file of which anything could not be replayed is kept beside it, as `.kept`. A last line
    without an end was being written when its runner died: it is not durable, and the attempt it
    was about is looked up on the client instead. Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        found = _read(file.read(), path.name)
        yield found
        if found.broken or found.skipped:
            path.replace(path.with_name(f"{path.name}.kept"))
        else:
            path.unlink(missing_ok=True)


def _read(content: bytes, name: str) -> LeftBehind:
    writes, broken = [], []
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            writes.append(decode(line.decode(errors="replace"), f"{name}, line {number}"))
        except DtmError as error:
            broken.append(error.message)
    return LeftBehind(tuple(writes), tuple(broken))


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
        named = {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
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


def left_to_do(lost_local: str | None) -> str:
    """What a runner that ends without the repository says; `lost_local`: why the spool failed, too."""
    if lost_local is None:
        return "some outcomes are only in the local spool so far; run again on this machine"
    return (
        f"neither the repository nor the local spool ({lost_local}) could take some outcomes;"
        " the next run looks them up on the clients"
    )
