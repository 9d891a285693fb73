"""`dtm sandbox`: start, stop and steer the local stand-in for Oracle (a separate process)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dtm.cli.console import Invocation
from dtm.cli.options import Output, OutputOption
from dtm.errors import DtmError, ExitCode

group = typer.Typer(
    help="The sandbox: a local stand-in for Oracle to try and test with. Never for production.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
fault = typer.Typer(
    help="Make the sandbox misbehave: refuse, hang, delay, drop, raise errors.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
DEFAULT = Path(".dtm/sandbox")
PASSWORD_VARIABLE = "SANDBOX_PASSWORD"  # noqa: S105 - the name of a variable
DirectoryOption = Annotated[
    Path, typer.Option("--dir", metavar="DIR", help="Where its databases live.")
]


def register(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group.add_typer(fault, name="fault")
    app.add_typer(group, name="sandbox")


def call(*arguments: str, password: str | None = None) -> dict[str, Any]:
    """Run the sandbox's own command line and return the JSON object it prints."""
    import subprocess

    _require_extra()
    environment = dict(os.environ)
    if password is not None:
        environment[PASSWORD_VARIABLE] = password
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "dtm.sandbox", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        answer = {"error": f"it said: {said[-1]}"}
    if "error" in answer:
        raise DtmError(f"sandbox: {answer['error']}", hint="dtm sandbox status shows what runs")
    return answer


def _require_extra() -> None:
    """Refuse when dtm was installed without what only the sandbox needs."""
    from importlib.util import find_spec

    missing = [name for name in ("apsw", "cryptography") if find_spec(name) is None]
    if missing:
        raise DtmError(
            f"the sandbox needs {' and '.join(missing)}, which is not installed",
            hint='pip install "dtm[sandbox]"; to work on real databases you need no sandbox',
        )


def start_fresh(directory: Path, services: Sequence[str], password: str) -> dict[str, str]:
    """Replace whatever runs in `directory` by new, empty databases; {service: host:port}."""
    call("reset", "--dir", str(directory))
    names = [part for service in services for part in ("--instance", service)]
    answer = call("start", "--dir", str(directory), "--port", "0", *names, password=password)
    return dict.fromkeys(services, f"{answer['host']}:{answer['port']}")


def _path(context: typer.Context, directory: Path) -> str:
    invocation: Invocation = context.obj
    return str(directory if directory.is_absolute() else invocation.root / directory)


def _show(context: typer.Context, answer: dict[str, Any], output: Output, text: str) -> ExitCode:
    invocation: Invocation = context.obj
    if output is Output.JSON:
        invocation.terminal.data(json.dumps(answer, indent=2))
    else:
        invocation.terminal.show(text)
    return ExitCode.OK


@group.command("start")
def start(
    context: typer.Context,
    instance: Annotated[
        list[str] | None,
        typer.Option("--instance", metavar="NAME[:SERVICE,..]", help="Database; repeatable."),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="0: any free one. Default: the last one used.")
    ] = None,
    directory: DirectoryOption = DEFAULT,
    output: OutputOption = Output.TEXT,
) -> int:
    """Start it in the background, creating databases that are not there yet.

    Users SYS and SYSTEM get the password of variable SANDBOX_PASSWORD, or a new one that is shown.

    Example: SANDBOX_PASSWORD=secret1 dtm sandbox start --instance REPO --instance SALES
    """
    import secrets

    path = _path(context, directory)
    known = {each["name"] for each in call("status", "--dir", path)["instances"]}
    new = [name for name in instance or [] if name.partition(":")[0].upper() not in known]
    arguments = ["start", "--dir", path]
    for name in instance or []:
        arguments += ["--instance", name]
    if port is not None:
        arguments += ["--port", str(port)]
    password = os.environ.get(PASSWORD_VARIABLE) or f"Sys_{secrets.token_hex(6)}"
    answer = call(*arguments, password=password)
    lines = [_where(answer)]
    if answer["started"] and new and PASSWORD_VARIABLE not in os.environ:
        lines.append(f"{', '.join(new)}: SYSTEM's password is {password}")
    return _show(context, answer, output, "\n".join(lines))


@group.command("stop")
def stop(
    context: typer.Context,
    directory: DirectoryOption = DEFAULT,
    output: OutputOption = Output.TEXT,
) -> int:
    """Stop it; its databases stay and the next start opens them again."""
    answer = call("stop", "--dir", _path(context, directory))
    text = "The sandbox is stopped." if answer["stopped"] else "No sandbox was running."
    return _show(context, answer, output, text)


@group.command("status")
def status(
    context: typer.Context,
    directory: DirectoryOption = DEFAULT,
    output: OutputOption = Output.TEXT,
) -> int:
    """Say whether it runs, where, and with which databases."""
    answer = call("status", "--dir", _path(context, directory))
    return _show(context, answer, output, _where(answer))


@group.command("reset")
def reset(
    context: typer.Context,
    directory: DirectoryOption = DEFAULT,
    output: OutputOption = Output.TEXT,
) -> int:
    """Stop it and delete its databases."""
    answer = call("reset", "--dir", _path(context, directory))
    removed = ", ".join(answer["removed"]) or "nothing"
    return _show(context, answer, output, f"Removed: {removed}.")


def _where(answer: dict[str, Any]) -> str:
    names = [each["name"] for each in answer.get("instances", [])]
    if not answer["running"]:
        known = f" Its databases: {', '.join(names)}." if names else ""
        return f"No sandbox is running.{known}"
    place = f"{answer['host']}:{answer['port']}"
    lines = [
        f"The sandbox listens on {place} (process {answer['pid']}). Not Oracle, not for data."
    ]
    lines += [f"  {place}/{name}" for name in names]
    return "\n".join(lines)


@group.command("sessions")
def sessions(context: typer.Context, directory: DirectoryOption = DEFAULT) -> int:
    """List the sessions of all databases, as JSON."""
    answer = call("sessions", "--dir", _path(context, directory))
    return _show(context, answer, Output.JSON, "")


@group.command("kill")
def kill(
    context: typer.Context,
    instance: Annotated[str, typer.Option("--instance", help="Database.")],
    sid: Annotated[int, typer.Option("--sid")],
    serial: Annotated[int, typer.Option("--serial")],
    directory: DirectoryOption = DEFAULT,
) -> int:
    """Kill a session, as ALTER SYSTEM KILL SESSION does."""
    arguments = ("--instance", instance, "--sid", str(sid), "--serial", str(serial))
    answer = call("kill", "--dir", _path(context, directory), *arguments)
    return _show(context, answer, Output.TEXT, "Session killed.")


@fault.command("add")
def fault_add(
    context: typer.Context,
    action: Annotated[
        str, typer.Option("--action", help="refuse, hang, delay, drop-before, drop-after, error.")
    ],
    instance: Annotated[str | None, typer.Option("--instance", help="Only in this one.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Only sessions of this user.")] = None,
    match: Annotated[
        str | None, typer.Option("--match", help="Regular expression found in the statement.")
    ] = None,
    nth: Annotated[int | None, typer.Option("--nth", help="From the n-th match on.")] = None,
    times: Annotated[int | None, typer.Option("--times", help="How often; 0: for ever.")] = None,
    code: Annotated[int | None, typer.Option("--code", help="ORA number to raise.")] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Of a delay.")] = None,
    directory: DirectoryOption = DEFAULT,
) -> int:
    """Add a fault.

    Example: dtm sandbox fault add --action error --code 1653 --match "INSERT INTO" --nth 3
    """
    options = {
        "--action": action, "--instance": instance, "--user": user, "--match": match, "--nth": nth,
        "--times": times, "--code": code, "--seconds": seconds,
    }  # fmt: skip
    given = [
        part for name, value in options.items() if value is not None for part in (name, value)
    ]
    answer = call("fault", "add", "--dir", _path(context, directory), *map(str, given))
    return _show(context, answer, Output.JSON, "")


@fault.command("list")
def fault_list(context: typer.Context, directory: DirectoryOption = DEFAULT) -> int:
    """List the faults that are set, as JSON."""
    answer = call("fault", "list", "--dir", _path(context, directory))
    return _show(context, answer, Output.JSON, "")


@fault.command("clear")
def fault_clear(
    context: typer.Context,
    number: Annotated[int | None, typer.Option("--number", help="Only this one.")] = None,
    directory: DirectoryOption = DEFAULT,
) -> int:
    """Clear one fault, or all."""
    which = [] if number is None else ["--number", str(number)]
    answer = call("fault", "clear", "--dir", _path(context, directory), *which)
    return _show(context, answer, Output.JSON, "")
