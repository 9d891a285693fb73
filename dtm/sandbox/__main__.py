"""`python -m dtm.sandbox`: serve, start, stop, status, reset, sessions, kill, fault.

Every command but `serve` prints one JSON object; exit code 1 with {"error": ...} on failure.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from dtm.sandbox.server import control
from dtm.sandbox.server.faults import STAGES
from dtm.sandbox.server.state import SandboxError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dtm.sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--dir", type=Path, required=True, help="directory of the sandbox")
        return added

    for name, text in (("serve", "serve in this process"), ("start", "start a detached server")):
        added = command(name, text)
        added.add_argument("--instance", action="append", default=[], metavar="NAME[:SERVICE,..]")
        added.add_argument("--host", default="127.0.0.1")
        added.add_argument("--port", type=int, default=None, help="0: any; default: the last one")
        added.add_argument(
            "--password", help=f"of SYS and SYSTEM (or variable {control.PASSWORD_VARIABLE})"
        )
    command("stop", "stop the server")
    command("status", "is it running, and where")
    command("reset", "stop the server and delete its instances")
    command("sessions", "sessions of all instances")
    kill = command("kill", "kill a session")
    kill.add_argument("--instance", required=True)
    kill.add_argument("--sid", type=int, required=True)
    kill.add_argument("--serial", type=int, required=True)
    _fault_arguments(command("fault", "add, list or clear faults"))
    return parser


def _fault_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=("add", "list", "clear"))
    parser.add_argument("--action", choices=sorted(STAGES))
    parser.add_argument("--instance", help="only in this instance")
    parser.add_argument("--user", help="only sessions of this user")
    parser.add_argument("--match", help="regular expression searched in the statement")
    parser.add_argument("--nth", type=int, help="act from the n-th match on (1)")
    parser.add_argument("--times", type=int, help="how often to act (1; 0: for ever)")
    parser.add_argument("--code", type=int, help="ORA number of refuse or error")
    parser.add_argument("--message", help="text of an error")
    parser.add_argument("--seconds", type=float, help="of a delay, or the longest hang")
    parser.add_argument("--number", type=int, help="the fault to clear; default: all")


_FAULT_FIELDS = (
    "action", "instance", "user", "match", "nth", "times", "code", "message", "seconds",
)  # fmt: skip


def _fault(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.verb == "list":
        return control.request(arguments.dir, "fault-list")
    if arguments.verb == "clear":
        return control.request(arguments.dir, "fault-clear", number=arguments.number)
    given = {name: getattr(arguments, name) for name in _FAULT_FIELDS}
    values = {name: value for name, value in given.items() if value is not None}
    if "action" not in values:
        raise SandboxError("fault add needs --action")
    return control.request(arguments.dir, "fault-add", **values)


def _run(arguments: argparse.Namespace) -> dict[str, Any]:
    match arguments.command:
        case "start":
            return control.start(
                arguments.dir,
                arguments.instance,
                host=arguments.host,
                port=arguments.port,
                password=arguments.password,
            )
        case "stop":
            return control.stop(arguments.dir)
        case "status":
            return control.status(arguments.dir)
        case "reset":
            return control.reset(arguments.dir)
        case "sessions":
            return control.request(arguments.dir, "sessions")
        case "kill":
            return control.request(
                arguments.dir,
                "kill-session",
                instance=arguments.instance,
                sid=arguments.sid,
                serial=arguments.serial,
            )
        case _:
            return _fault(arguments)


def _serve(arguments: argparse.Namespace) -> None:
    # Only here: the other commands shall not load the engine.
    from dtm.sandbox.server.host import InstanceHosts  # noqa: PLC0415
    from dtm.sandbox.server.process import ServeOptions, Server  # noqa: PLC0415

    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s"
    )
    instances = tuple(control.parse_instance(one) for one in arguments.instance)
    password = arguments.password or os.environ.get(control.PASSWORD_VARIABLE)
    options = ServeOptions(arguments.dir, instances, arguments.host, arguments.port, password)
    Server(options, InstanceHosts()).run()


def main() -> int:
    arguments = _parser().parse_args()
    try:
        if arguments.command == "serve":
            _serve(arguments)
            return 0
        answer = _run(arguments)
    except SandboxError as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 1 if "error" in answer else 0


if __name__ == "__main__":
    sys.exit(main())
