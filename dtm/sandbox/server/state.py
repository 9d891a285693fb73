"""The directory of a sandbox: which instances it has, and who serves them now.

DIR/lock            held by the serving process
DIR/server.json     its pid, port, control port and token, instances; readable by the owner only
DIR/server.log      what a detached server says
DIR/instances.json  instances, services, last port
DIR/<NAME>/         one instance
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any


class SandboxError(Exception):
    """A command cannot be carried out; the text says why and what to do."""


@dataclass(slots=True)
class InstanceEntry:
    """An instance of the sandbox. Names and services are upper case."""

    name: str
    services: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """What instances.json keeps between starts."""

    instances: list[InstanceEntry] = field(default_factory=list)
    port: int = 0  # of the last start: data source names stay valid


@dataclass(slots=True)
class Running:
    """What server.json says of a serving process."""

    pid: int
    host: str
    port: int
    control_port: int
    token: str
    started: str
    instances: list[InstanceEntry]

    def shown(self) -> dict[str, Any]:
        """For JSON output: no token."""
        return {
            "pid": self.pid,
            "host": self.host,
            "port": self.port,
            "since": self.started,
            "instances": [
                {
                    "name": one.name,
                    "services": one.services,
                    "dsn": f"{self.host}:{self.port}/{one.name}",
                }
                for one in self.instances
            ],
        }


class Directory:
    """The files of one sandbox."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "server.log"
        self._server = path / "server.json"
        self._layout = path / "instances.json"

    def lock(self) -> IO[str]:
        """Take the serving process's lock; SandboxError when another process has it."""
        self.path.mkdir(parents=True, exist_ok=True)
        handle = (self.path / "lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            raise SandboxError(f"another process serves {self.path}") from error
        return handle

    def is_locked(self) -> bool:
        """Does a process serve this directory?"""
        if not (self.path / "lock").exists():
            return False
        try:
            self.lock().close()
        except SandboxError:
            return True
        return False

    def read_layout(self) -> Layout:
        if not self._layout.exists():
            return Layout()
        values = json.loads(self._layout.read_text())
        return Layout([InstanceEntry(**one) for one in values["instances"]], values["port"])

    def write_layout(self, layout: Layout) -> None:
        _write(self._layout, asdict(layout), mode=0o644)

    def read_running(self) -> Running | None:
        """The server.json of a live server; None when there is none or its process is gone."""
        if not self._server.exists() or not self.is_locked():
            return None
        values = json.loads(self._server.read_text())
        values["instances"] = [InstanceEntry(**one) for one in values["instances"]]
        return Running(**values)

    def write_running(self, running: Running) -> None:
        _write(self._server, asdict(running), mode=0o600)

    def clear_running(self) -> None:
        self._server.unlink(missing_ok=True)

    def instance_path(self, name: str) -> Path:
        return self.path / name.upper()


def _write(path: Path, values: dict[str, Any], *, mode: int) -> None:
    """Replace a file in one step."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(values, handle, indent=1)
        handle.write("\n")
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
