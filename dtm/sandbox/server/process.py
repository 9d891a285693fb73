"""The serving process: opens the instances, listens, obeys signals and the control channel."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import logging
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.passwords import make_verifier
from dtm.sandbox.kernel.serving import Verifier
from dtm.sandbox.server.backend import Host, SandboxBackend
from dtm.sandbox.server.channel import ControlServer
from dtm.sandbox.server.faults import FaultBoard, InvalidFault, make_fault
from dtm.sandbox.server.listener import Listener
from dtm.sandbox.server.state import Directory, InstanceEntry, Layout, Running, SandboxError
from dtm.sandbox.wire.session import serve_client

BANNER = "A sandbox that speaks Oracle's protocol. It is not Oracle and never for production."
_RECURSION = 20_000  # nested PL/SQL calls; the interpreter raises ORA-00036 long before
_STOP_S = 8.0  # for running calls to notice a shutdown

_log = logging.getLogger("sandbox")


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What to serve. `instances` empty: those of the last start. `port` None: the last one if it
    is free, 0: any. `password`: of SYS and SYSTEM in instances that are created now."""

    directory: Path
    instances: tuple[InstanceEntry, ...]
    host: str = "127.0.0.1"
    port: int | None = None
    password: str | None = None


class Hosts(Protocol):
    """Makes and opens instances."""

    def create(self, path: Path, name: str, password: Verifier) -> None: ...
    def open(self, path: Path, name: str, faults: FaultBoard) -> Host: ...


class Server:
    """Everything one process serves."""

    def __init__(self, options: ServeOptions, hosts: Hosts) -> None:
        self._options = options
        self._factory = hosts
        self._directory = Directory(options.directory)
        self._faults = FaultBoard()
        self._backend = SandboxBackend(self._faults)
        self._hosts: dict[str, Host] = {}
        self._stop = threading.Event()

    def run(self) -> None:
        """Serve until SIGTERM, SIGINT or the control channel says stop."""
        sys.setrecursionlimit(_RECURSION)
        with self._directory.lock():
            layout = self._open_instances()
            listener = self._listen(layout)
            control = ControlServer(self._handle)
            control.start()
            threading.Thread(target=listener.run, name="listener", daemon=True).start()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self._stop.set())
            gc.freeze()  # code and dictionaries stay: the collector need not walk them
            self._announce(layout, listener, control)
            self._stop.wait()
            self._shut_down(listener, control)

    # ------------------------------------------------------------------ start

    def _open_instances(self) -> Layout:
        """Create and open what is asked for; the layout is remembered."""
        layout = self._directory.read_layout()
        known = {one.name: one for one in layout.instances}
        for entry in self._options.instances:
            services = dict.fromkeys([*entry.services])
            if entry.name in known:
                services = dict.fromkeys([*known[entry.name].services, *services])
            known[entry.name] = InstanceEntry(entry.name, list(services))
        if not known:
            raise SandboxError("no instance to serve: name one with --instance")
        layout.instances = list(known.values())
        verifier = functools.cache(self._new_verifier)
        for entry in layout.instances:
            path = self._directory.instance_path(entry.name)
            if not path.exists():
                self._factory.create(path, entry.name, verifier())
            host = self._factory.open(path, entry.name, self._faults)
            self._hosts[entry.name] = host
            try:
                self._backend.add(host, entry.services)
            except OraError as error:
                raise SandboxError(f"a service of {entry.name} is another's name") from error
        return layout

    def _new_verifier(self) -> Verifier:
        if not self._options.password:
            raise SandboxError(
                "new instances need a password for SYS and SYSTEM: --password or"
                " the environment variable SANDBOX_PASSWORD"
            )
        return make_verifier(self._options.password)

    def _listen(self, layout: Layout) -> Listener:
        wanted = self._options.port
        serve = functools.partial(serve_client, backend=self._backend)
        try:
            port = layout.port if wanted is None else wanted
            listener = Listener(self._options.host, port, serve)
        except OSError as error:
            if wanted:
                raise SandboxError(f"port {wanted}: {error.strerror}") from error
            listener = Listener(self._options.host, 0, serve)
        layout.port = listener.port
        self._directory.write_layout(layout)
        return listener

    def _announce(self, layout: Layout, listener: Listener, control: ControlServer) -> None:
        started = dt.datetime.now().isoformat(timespec="seconds")
        running = Running(
            os.getpid(),
            self._options.host,
            listener.port,
            control.port,
            control.token,
            started,
            layout.instances,
        )
        self._directory.write_running(running)
        _log.info("%s", BANNER)
        for entry in layout.instances:
            dsn = f"{self._options.host}:{listener.port}/{entry.name}"
            _log.info("serving %s (services: %s)", dsn, ", ".join(entry.services) or "its name")

    # ------------------------------------------------------------------ stop

    def _shut_down(self, listener: Listener, control: ControlServer) -> None:
        """No new clients, sessions end, transactions roll back, files close."""
        _log.info("stopping")
        listener.close()
        for host in self._hosts.values():
            host.registry.shut_down()
        if not listener.join(_STOP_S):
            _log.warning("calls still run: their transactions are taken back at the next start")
        for host in self._hosts.values():
            host.close()
        control.close()
        self._directory.clear_running()
        _log.info("stopped")

    # ------------------------------------------------------------------ control channel

    def _handle(self, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Carry out one control request."""
        match command:
            case "status":
                return {"sessions": {name: len(h.sessions()) for name, h in self._hosts.items()}}
            case "sessions":
                return {"sessions": [one for h in self._hosts.values() for one in h.sessions()]}
            case "fault-add":
                try:
                    fault = self._faults.add(make_fault(arguments))
                except InvalidFault as error:
                    raise SandboxError(str(error)) from error
                return {"fault": fault.shown()}
            case "fault-list":
                return {"faults": self._faults.shown()}
            case "fault-clear":
                return {"cleared": self._faults.clear(arguments.get("number"))}
            case "kill-session":
                return self._kill(arguments)
            case "stop":
                self._stop.set()
                return {"stopping": True}
            case _:
                raise SandboxError(f"unknown command {command}")

    def _kill(self, arguments: dict[str, Any]) -> dict[str, Any]:
        host = self._hosts.get(str(arguments.get("instance", "")).upper())
        if host is None:
            raise SandboxError(f"no instance {arguments.get('instance')}")
        try:
            host.registry.kill(int(arguments["sid"]), int(arguments["serial"]))
        except (KeyError, ValueError) as error:
            raise SandboxError("kill-session needs sid and serial") from error
        except OraError as error:
            raise SandboxError(error.text) from error
        return {"killed": [arguments["sid"], arguments["serial"]]}
