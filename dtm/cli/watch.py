"""`dtm status`, `dtm logs`, `dtm history` and `dtm errors`: look at runs; nothing is changed."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from dtm.cli.console import Invocation, Terminal
from dtm.cli.options import Output, OutputOption, RunArgument
from dtm.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dtm.runner.deps import Deps
    from dtm.runner.watch import Logs, RunStatus

POLL_S = 1.0


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("status")(status)
    app.command("logs")(logs)
    app.command("history")(history)
    app.command("errors")(errors)


def _deps(context: typer.Context) -> tuple[Deps, Terminal]:
    from dtm.bootstrap import Wiring

    invocation: Invocation = context.obj
    return Wiring(invocation.root).runner_deps(), invocation.terminal


def status(
    context: typer.Context,
    run_id: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Run id or `latest`; none: list runs.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Redraw until the run ends.")
    ] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Show runs, or where every stream of one run stands.

    Failed streams come first, with the reason; running ones with their task and, from history,
    how long such a run usually takes.

    Examples: dtm status | dtm status latest --watch
    """
    from dtm.cli import view_status, view_watch_json
    from dtm.runner import watch as reader

    deps, terminal = _deps(context)
    if watch:
        return _watch(deps, run_id or "latest", terminal)
    if run_id is None:
        runs = reader.runs(deps)
        if output is Output.JSON:
            terminal.data(view_watch_json.runs_json(runs))
        else:
            terminal.show(view_status.runs_text(runs))
        return ExitCode.OK
    shown = reader.status(deps, run_id)
    if output is Output.JSON:
        terminal.data(view_watch_json.status_json(shown))
    else:
        terminal.show(view_status.status_text(shown))
    return ExitCode.OK


def _watch(deps: Deps, run_id: str, terminal: Terminal) -> ExitCode:
    """Redraw on a terminal; elsewhere print the status again whenever it changed. Ctrl-C ends the
    watching, not the run."""
    from dtm.cli import view_status
    from dtm.runner import watch as reader

    shown = reader.status(deps, run_id)
    if terminal.watched:
        return _watch_live(deps, shown, terminal)
    seen = None
    while True:
        states = [(s.row.handle, s.row.record.state, s.tasks_done) for s in shown.streams]
        if states != seen:
            terminal.show(view_status.status_text(shown))
            seen = states
        if _over(shown):
            return ExitCode.OK
        time.sleep(POLL_S)
        shown = reader.status(deps, shown.run.run_id)


def _watch_live(deps: Deps, shown: RunStatus, terminal: Terminal) -> ExitCode:
    """On the terminal's second screen, as large as it is now; the last status stays behind."""
    from rich.live import Live

    from dtm.cli import view_status
    from dtm.runner import watch as reader

    console = terminal.out
    with (
        suppress(KeyboardInterrupt),
        Live(console=console, screen=True, auto_refresh=False) as live,
    ):
        while not _over(shown):
            width, height = console.size
            text = view_status.live_text(shown, width, height)
            live.update(terminal.coloured(text), refresh=True)
            time.sleep(POLL_S)
            shown = reader.status(deps, shown.run.run_id)
    terminal.show(view_status.status_text(shown))
    return ExitCode.OK


def _over(shown: RunStatus) -> bool:
    from dtm.model.states import RunState

    return shown.run.state is not RunState.RUNNING


def logs(
    context: typer.Context,
    run_id: RunArgument = "latest",
    instance: Annotated[
        str | None, typer.Option("--instance", metavar="NAME", help="Only of this instance.")
    ] = None,
    task: Annotated[
        str | None, typer.Option("--task", metavar="TASK", help="Only of this task.")
    ] = None,
    sql: Annotated[
        bool, typer.Option("--sql", help="Every statement, with rows and elapsed time.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print what comes until the run ends.")
    ] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Show every attempt at every task of a run, with the whole error of those that failed.

    Examples: dtm logs latest --sql --instance sales-emea-1 | dtm logs latest --follow
    """
    from dtm.cli import view_watch, view_watch_json
    from dtm.runner import watch as reader

    deps, terminal = _deps(context)
    if follow:
        if output is Output.JSON:
            raise UsageError("--follow prints text", hint="leave out --output json")

        def read(run: str) -> Logs:
            return reader.logs(deps, run, instance=instance, task=task, sql=sql)

        return _follow(run_id, terminal, read)
    log = reader.logs(deps, run_id, instance=instance, task=task, sql=sql)
    if output is Output.JSON:
        terminal.data(view_watch_json.log_json(log))
    else:
        terminal.show(view_watch.log_text(log))
    return ExitCode.OK


def _follow(run_id: str, terminal: Terminal, read: Callable[[str], Logs]) -> ExitCode:
    """Print each attempt (and statement) once when it begins and once when its outcome is known."""
    from dtm.cli import view_status, view_watch
    from dtm.model.states import RunState

    seen: set[tuple[object, ...]] = set()
    while True:
        log = read(run_id)
        run_id = log.run.run_id  # `latest` stays this run
        fresh = [
            *((a.handle, a.seq, a.state.value, view_watch.attempt_line(a)) for a in log.attempts),
            *((s.handle, s.client_key, s.state, view_watch.statement_line(s)) for s in log.sql),
        ]
        for handle, number, state, text in fresh:
            if (handle, number, state) not in seen:
                seen.add((handle, number, state))
                terminal.show(text)
        if log.run.state is not RunState.RUNNING:
            terminal.show(view_status.head(log.run))
            return ExitCode.OK
        time.sleep(POLL_S)


def history(
    context: typer.Context,
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="Name of the operation.")],
    environment: Annotated[
        str | None, typer.Option("--env", "-e", metavar="ENV", help="Only in this environment.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """List the runs of an operation, newest first, with what their tasks took.

    Example: dtm history purge-orders --env prod
    """
    from dtm.cli import view_watch, view_watch_json
    from dtm.runner import watch as reader

    deps, terminal = _deps(context)
    lines = reader.history(deps, operation, environment)
    if output is Output.JSON:
        terminal.data(view_watch_json.history_json(lines))
    else:
        terminal.show(view_watch.history_text(lines))
    return ExitCode.OK


def errors(
    context: typer.Context, run_id: RunArgument = "latest", output: OutputOption = Output.TEXT
) -> int:
    """Group the failures of a run by error code and task: one cause, one group.

    Example: dtm errors latest
    """
    from dtm.cli import view_watch, view_watch_json
    from dtm.runner import watch as reader

    deps, terminal = _deps(context)
    groups = reader.errors(deps, run_id)
    if output is Output.JSON:
        terminal.data(view_watch_json.errors_json(groups))
    else:
        terminal.show(view_watch.errors_text(groups))
    return ExitCode.OK
