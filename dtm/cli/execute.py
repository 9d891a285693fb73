"""`dtm run` and what steers a run: abandon, halt, resolve."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from dtm.cli.console import Invocation
from dtm.cli.options import (
    ConfirmOption,
    Output,
    OutputOption,
    ReasonOption,
    RunArgument,
    assignments_of,
    check_confirmed,
    seconds_of,
)
from dtm.errors import DtmError, ExitCode, Halted, Locked, NothingToDo, UsageError

if TYPE_CHECKING:
    from dtm.bootstrap import Wiring
    from dtm.model.environment import Environment
    from dtm.runner.deps import Deps
    from dtm.runner.due import Due
    from dtm.runner.request import RunRequest

InstancesOption = Annotated[
    list[str] | None, typer.Option("--instance", metavar="NAME", help="Only there; repeatable.")
]
ObjectsOption = Annotated[
    list[str] | None,
    typer.Option("--object", metavar="OWNER.NAME", help="Only these; repeatable."),
]

AssignmentOption = Annotated[
    str | None, typer.Option("--assignment", "-a", help="Where an environment has several.")
]
ParamOption = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="K=V", help="Override; repeatable.")
]
ModeOption = Annotated[
    str, typer.Option("--mode", help="run, or test: log statements, execute none.")
]
ParallelOption = Annotated[
    int | None, typer.Option("--max-parallel", min=1, help="Streams side by side.")
]
PreviewOption = Annotated[
    bool, typer.Option("--preview", help="Show streams, tasks and parameters; start nothing.")
]
WaitOption = Annotated[
    str, typer.Option("--wait", metavar="TIME", help="Wait for a lock or an orphan, e.g. 30m.")
]
RepairOption = Annotated[
    bool, typer.Option("--repair", help="Replace packages that drifted by the released ones.")
]
GroupOption = Annotated[
    int | None, typer.Option("--only-group", metavar="N", help="Resume one group of dtm errors.")
]
ConnectOption = Annotated[
    float,
    typer.Option(
        "--connect-timeout", metavar="SECONDS", min=1, help="For each attempt to connect."
    ),
]
WindowOption = Annotated[
    bool, typer.Option("--outside-window", help="Run although the window is closed.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("run")(run)
    app.command("abandon")(abandon)
    app.command("halt")(halt)
    app.command("resolve")(resolve)
    app.command("parallel")(parallel)
    app.command("due")(due)


def run(
    context: typer.Context,
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="Name of the operation.")],
    environment: Annotated[str, typer.Option("--env", "-e", metavar="ENV", help="Environment.")],
    assignment: AssignmentOption = None,
    instances: InstancesOption = None,
    objects: ObjectsOption = None,
    param: ParamOption = None,
    mode: ModeOption = "run",
    max_parallel: ParallelOption = None,
    preview: PreviewOption = False,
    wait: WaitOption = "0s",
    repair: RepairOption = False,
    only_group: GroupOption = None,
    outside_window: WindowOption = False,
    connect_timeout: ConnectOption = 20.0,
    confirm: ConfirmOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Run an operation, or resume its unfinished run at the failed tasks.

    The same command starts and resumes. A failed task stops its own stream; fix the cause and give
    the command again. Ctrl-C stops at the next boundary, twice cancels the running calls.

    Exit code 0 done, 3 a task failed (resumable), 4 another runner is alive, 7 halted.

    Examples: dtm run purge-orders --env prod --preview
              dtm run purge-orders --env prod --param RETENTION_DAYS=730
    """
    from dtm.bootstrap import Wiring
    from dtm.runner.request import RunRequest

    if mode not in ("run", "test"):
        raise UsageError(f'--mode "{mode}" is neither run nor test')
    invocation: Invocation = context.obj
    wiring = Wiring(invocation.root, deadline_s=connect_timeout)
    request = RunRequest(
        operation=operation,
        environment=environment,
        assignment=assignment,
        instances=tuple(instances or ()),
        objects=tuple(objects or ()),
        parameters=assignments_of(param),
        test=mode == "test",
        max_parallel=max_parallel,
        wait_s=seconds_of("--wait", wait),
        repair=repair,
        outside_window=outside_window,
    )
    if only_group is not None:
        request = replace(request, only=_handles(wiring, request, only_group))
    if preview:
        return _preview(request, wiring, invocation, output)
    return _run(request, wiring, invocation, output, confirm)


def _preview(
    request: RunRequest, wiring: Wiring, invocation: Invocation, output: Output
) -> ExitCode:
    from dtm.cli import view_preview
    from dtm.runner.preview import preview as make_preview

    shown = make_preview(request, wiring.runner_deps())
    if output is Output.JSON:
        invocation.terminal.data(view_preview.json_text(shown))
    else:
        invocation.terminal.show(view_preview.text(shown))
    return ExitCode.OK


def _run(
    request: RunRequest,
    wiring: Wiring,
    invocation: Invocation,
    output: Output,
    confirm: list[str] | None,
) -> ExitCode:
    from dtm.cli import view_run
    from dtm.cli.live import progress
    from dtm.runner.run import run as start
    from dtm.runner.signals import SignalLadder

    def allow(found: Environment) -> None:
        check_confirmed(frozenset({found.name} if found.protected else ()), confirm, "this run")

    signals = SignalLadder()
    signals.install()
    try:
        if output is Output.JSON:
            report = start(request, wiring.runner_deps(), signals, allow)
        else:
            with progress(invocation.terminal) as reporter:
                report = start(request, wiring.runner_deps(reporter), signals, allow)
    finally:
        signals.rest()
    if output is Output.JSON:
        invocation.terminal.data(view_run.report_json(report))
    else:
        invocation.terminal.show(view_run.report_text(report))
    return report.exit_code


def abandon(context: typer.Context, run_id: RunArgument, reason: ReasonOption = "") -> int:
    """Give an unfinished run up, so that the next `dtm run` starts anew.

    Example: dtm abandon latest --reason "superseded by the new retention rule"
    """
    from dtm.runner import control

    found = control.abandon(run_id, reason, _deps(context))
    _say(context, f"Run {found} is abandoned.")
    return ExitCode.OK


def halt(
    context: typer.Context,
    run_id: RunArgument,
    now: Annotated[bool, typer.Option("--now", help="Cancel the running calls.")] = False,
    after: Annotated[
        str, typer.Option("--after", metavar="task|iteration", help="Boundary to stop at.")
    ] = "task",
    instance: Annotated[
        str | None, typer.Option("--instance", metavar="NAME", help="Only its streams.")
    ] = None,
    reason: ReasonOption = "",
) -> int:
    """Ask a running run to stop, from any machine; the same `dtm run` resumes it.

    Example: dtm halt latest --after iteration --reason "storage team at work"
    """
    from dtm.runner import control

    if after not in ("task", "iteration"):
        raise UsageError(f'--after "{after}" is neither task nor iteration')
    mode = "NOW" if now else after.upper()
    found = control.halt(run_id, reason, _deps(context), mode=mode, instance=instance)
    _say(context, f"Run {found} is asked to halt.")
    return ExitCode.OK


def resolve(
    context: typer.Context,
    run_id: RunArgument,
    stream: Annotated[str, typer.Argument(metavar="STREAM", help="Handle, or instance[/object].")],
    task: Annotated[str, typer.Argument(metavar="TASK", help="Name of the task.")],
    done: Annotated[bool, typer.Option("--done", help="It took effect: go on after it.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="It did not: run it again.")] = False,
    reason: ReasonOption = "",
) -> int:
    """Decide the outcome of a task that only a person can know (state UNKNOWN).

    Example: dtm resolve latest sales-emea-1 delete-orders --done --reason "counted the rows"
    """
    from dtm.runner import control

    if done == retry:
        raise UsageError("say --done or --retry, one of the two")
    control.resolve(run_id, stream, task, reason, _deps(context), done=done)
    _say(context, f"Task {task} of {stream} is {'done' if done else 'to be run again'}.")
    return ExitCode.OK


def parallel(
    context: typer.Context,
    run_id: RunArgument,
    number: Annotated[int, typer.Argument(metavar="N", min=1, help="Streams side by side.")],
) -> int:
    """Change how many streams of a run work side by side, while it runs.

    Example: dtm parallel latest 4
    """
    from dtm.runner import control

    found = control.parallel(run_id, number, _deps(context))
    _say(context, f"Run {found} works on at most {number} streams at a time.")
    return ExitCode.OK


def due(
    context: typer.Context,
    environment: Annotated[
        str | None, typer.Option("--env", "-e", metavar="ENV", help="Only in this environment.")
    ] = None,
    start: Annotated[
        bool, typer.Option("--run", help="Run what is due, one after another.")
    ] = False,
    confirm: ConfirmOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Say, or run, what schedules and windows ask for now.

    Safe to call every minute from cron, CI or systemd, twice at once included. It resumes what a
    window ended, never what a person halted.

    Example: dtm due --env prod --run --confirm prod
    """
    from dtm.bootstrap import Wiring
    from dtm.cli import view_run
    from dtm.errors import worst
    from dtm.runner.due import due as judge

    invocation: Invocation = context.obj
    wiring = Wiring(invocation.root)
    found = judge(wiring.runner_deps(), environment)
    if output is Output.JSON:
        invocation.terminal.data(view_run.due_json(found))
    else:
        invocation.terminal.show(view_run.due_text(found))
    if not start:
        return ExitCode.OK
    codes = [ExitCode.OK]
    for each in found:
        if each.request is not None and ExitCode.INTERRUPTED not in codes:
            codes.append(_run_due(each, each.request, wiring, invocation, confirm))
    return worst(codes)


def _run_due(
    due: Due,
    request: RunRequest,
    wiring: Wiring,
    invocation: Invocation,
    confirm: list[str] | None,
) -> ExitCode:
    """Run one that is due; its trouble does not keep the others from running. That somebody else
    runs it, ran it or halted it in the meantime is no trouble."""
    try:
        return _run(request, wiring, invocation, Output.TEXT, confirm)
    except (Locked, Halted, NothingToDo) as error:
        invocation.terminal.show(f"{due.assignment}: {error.message}")
        return ExitCode.OK
    except DtmError as error:
        invocation.terminal.note(f"{due.assignment}:")
        invocation.terminal.failure(error)
        return error.exit_code


def _handles(wiring: Wiring, request: RunRequest, group: int) -> tuple[str, ...]:
    """The streams of one group of `dtm errors` of the run that the request resumes."""
    from dtm.runner import watch

    deps = wiring.runner_deps()
    run_id = watch.open_run(
        deps, request.operation, request.environment, request.assignment, test=request.test
    )
    for found in watch.errors(deps, run_id):
        if found.number == group:
            return found.handles
    raise UsageError(
        f"run {run_id} has no group {group} of errors", hint=f"`dtm errors {run_id}` lists them"
    )


def _deps(context: typer.Context) -> Deps:
    from dtm.bootstrap import Wiring

    invocation: Invocation = context.obj
    return Wiring(invocation.root).runner_deps()


def _say(context: typer.Context, text: str) -> None:
    invocation: Invocation = context.obj
    invocation.terminal.show(text)
