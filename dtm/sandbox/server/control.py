"""Starting, stopping and asking a sandbox, from another process. Every function returns values
that go to JSON; SandboxError says what is wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from dtm.sandbox.server.channel import ask
from dtm.sandbox.server.state import Directory, InstanceEntry, Running, SandboxError

PASSWORD_VARIABLE = "SANDBOX_PASSWORD"  # noqa: S105 - the name of the variable
_START_S = 300.0  # taking back a large unfinished transaction lasts: 20 microseconds a row
_STOP_S = 15.0
_POLL_S = 0.02
_LOG_LINES = 5


def parse_instance(text: str) -> InstanceEntry:
    """NAME or NAME:service,service; names are letters, digits, _ and $, at most 30."""
    name, _, services = text.partition(":")
    names = [name.strip(), *(one.strip() for one in services.split(",") if one.strip())]
    for one in names:
        plain = one.replace("_", "").replace("$", "").replace(".", "")
        if not plain.isalnum() or not plain.isascii() or len(one) > 30 or one.startswith("."):
            raise SandboxError(f"{one!r} is no name for an instance or service")
    return InstanceEntry(names[0].upper(), [one.upper() for one in names[1:]])


def start(
    path: Path,
    instances: list[str],
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    password: str | None = None,
) -> dict[str, Any]:
    """Start a detached server and wait until it listens; what already runs is left alone."""
    path = path.resolve()
    directory = Directory(path)
    for one in instances:
        parse_instance(one)
    running = directory.read_running()
    if running is not None:
        return {"started": False, "running": True, **running.shown()}
    path.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "dtm.sandbox", "serve", "--dir", str(path), "--host", host]
    if port is not None:
        command += ["--port", str(port)]
    for one in instances:
        command += ["--instance", one]
    environment = dict(os.environ)
    if password:
        environment[PASSWORD_VARIABLE] = password
    with directory.log.open("ab") as log:
        begin = log.tell()
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    return {"started": True, "running": True, **_await(directory, child, begin).shown()}


def _await(directory: Directory, child: subprocess.Popen[bytes], log_begin: int) -> Running:
    """Wait until `child` serves; SandboxError with its last words when it ends or takes long."""
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        running = directory.read_running()
        if running is not None and running.pid == child.pid:
            return running
        if child.poll() is not None:
            break
        time.sleep(_POLL_S)
    said = directory.log.read_bytes()[log_begin:].decode(errors="replace").strip().splitlines()
    last = _said(said)
    if child.poll() is None:
        child.kill()
        raise SandboxError(f"the server does not listen after {_START_S:.0f} s:\n{last}")
    raise SandboxError(f"the server ended at once: {last}")


def _said(lines: list[str]) -> str:
    """The reason in a server's last words: the error it printed as JSON, else its last lines."""
    try:
        return str(json.loads(lines[-1])["error"])
    except (IndexError, ValueError, KeyError, TypeError):
        return "\n".join(lines[-_LOG_LINES:])


def stop(path: Path) -> dict[str, Any]:
    """Stop the server and wait for its end; nothing to do is no error."""
    directory = Directory(path)
    running = directory.read_running()
    if running is None:
        return {"stopped": False, "running": False}
    try:
        ask(running, "stop")
    except SandboxError:
        os.kill(running.pid, signal.SIGTERM)
    if not _await_end(directory, _STOP_S):
        os.kill(running.pid, signal.SIGKILL)
        _await_end(directory, _STOP_S)
    directory.clear_running()
    return {"stopped": True, "running": False, "pid": running.pid}


def _await_end(directory: Directory, seconds: float) -> bool:
    """Wait until no process serves the directory."""
    end = time.monotonic() + seconds
    while directory.is_locked():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_S)
    return True


def status(path: Path) -> dict[str, Any]:
    """Is it running, where, with which sessions?"""
    directory = Directory(path)
    running = directory.read_running()
    if running is None:
        names = [one.name for one in directory.read_layout().instances]
        return {"running": False, "instances": [{"name": name} for name in names]}
    return {"running": True, **running.shown(), **ask(running, "status")}


def reset(path: Path) -> dict[str, Any]:
    """Stop it and delete its instances and their data. Other files of the directory stay."""
    directory = Directory(path)
    stopped = stop(path)
    layout = directory.read_layout()
    removed = []
    for entry in layout.instances:
        instance = directory.instance_path(entry.name)
        if instance.is_dir():
            shutil.rmtree(instance)
            removed.append(entry.name)
    for name in ("instances.json", "server.log", "lock"):
        (path / name).unlink(missing_ok=True)
    return {"stopped": stopped["stopped"], "removed": removed}


def request(path: Path, command: str, **arguments: Any) -> dict[str, Any]:
    """Ask the running server: faults, sessions, kill. SandboxError when none runs."""
    running = Directory(path).read_running()
    if running is None:
        raise SandboxError(f"no sandbox runs in {path}: start it first")
    answer: dict[str, Any] = ask(running, command, **arguments)
    return answer
