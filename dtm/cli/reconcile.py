"""`dtm init`, `dtm plan` and `dtm apply`: bring the tree to the repository and the instances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dtm.cli.console import Invocation
from dtm.cli.options import ConfirmOption, Declined, PlanOutput, check_confirmed, valid_tree
from dtm.errors import ExitCode, UsageError


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("init")(init)
    app.command("plan")(plan)
    app.command("apply")(apply)


def init(context: typer.Context) -> int:
    """Create or upgrade the repository's tables, views and procedures.

    Safe to repeat: a repository that is up to date is left alone. `dtm apply` does the same
    when it meets an older repository.

    Example: dtm init
    """
    from dtm.bootstrap import Wiring
    from dtm.cli import view_plan
    from dtm.reconcile.apply import initialise

    invocation: Invocation = context.obj
    terminal = invocation.terminal
    state = initialise(
        Wiring(invocation.root).reconcile_deps(),
        lambda event: terminal.show(view_plan.apply_event(event)),
    )
    terminal.show(f"Repository {state.lineage} is up to date (schema {state.schema_version}).")
    return ExitCode.OK


def plan(
    context: typer.Context,
    output: Annotated[
        PlanOutput, typer.Option("--output", "-o", help="text, markdown or json.")
    ] = PlanOutput.TEXT,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Save the plan for dtm apply FILE."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Compare with the repository only.")
    ] = False,
    deadline: Annotated[
        float, typer.Option("--deadline", metavar="SECONDS", min=1, help="For each instance.")
    ] = 30.0,
    max_parallel: Annotated[
        int, typer.Option("--max-parallel", min=1, help="Instances looked at side by side.")
    ] = 32,
) -> int:
    """Show what apply would change: in the repository and on every instance.

    Exit code 0: nothing to do; 2: changes or drift; 6: nothing but unreachable instances.

    Example: dtm plan --out plan.json && dtm apply plan.json
    """
    from dtm.bootstrap import Wiring
    from dtm.cli import view_plan
    from dtm.reconcile import planfile
    from dtm.reconcile.deps import PlanOptions
    from dtm.reconcile.make import make_plan

    invocation: Invocation = context.obj
    terminal = invocation.terminal
    wiring = Wiring(invocation.root, deadline_s=deadline)
    desired = wiring.desired(valid_tree(wiring, invocation))
    options = PlanOptions(offline=offline, deadline_s=deadline, max_parallel=max_parallel)
    made = make_plan(desired, wiring.reconcile_deps(), options).plan
    if out is not None:
        out.write_text(planfile.save(made), encoding="utf-8")
        terminal.note(f"Plan saved to {out}.")
    if output is PlanOutput.JSON:
        terminal.data(view_plan.json_text(made))
    elif output is PlanOutput.MARKDOWN:
        terminal.data(view_plan.markdown(made))
    else:
        terminal.show(view_plan.text(made))
    return made.exit_code


def apply(
    context: typer.Context,
    saved: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help="A plan saved by dtm plan --out.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    confirm: ConfirmOption = None,
    max_deletions: Annotated[
        int, typer.Option("--max-deletions", min=0, help="Refuse a plan that deletes more.")
    ] = 10,
    deadline: Annotated[
        float, typer.Option("--deadline", metavar="SECONDS", min=1, help="For each instance.")
    ] = 30.0,
    max_parallel: Annotated[
        int, typer.Option("--max-parallel", min=1, help="Instances worked on side by side.")
    ] = 32,
) -> int:
    """Write the configuration to the repository and roll the packages out, wave by wave.

    Plans first, shows it and asks. With PLAN it applies exactly that plan, or refuses it as
    stale (exit code 5) and says what changed. A killed apply is simply run again.

    Example: dtm apply --yes --confirm prod
    """
    from dtm.bootstrap import Wiring
    from dtm.cli import view_plan
    from dtm.reconcile import planfile
    from dtm.reconcile.apply import apply_plan
    from dtm.reconcile.deps import ApplyOptions, PlanOptions
    from dtm.reconcile.make import make_plan

    invocation: Invocation = context.obj
    terminal = invocation.terminal
    wiring = Wiring(invocation.root, deadline_s=deadline)
    base = planfile.load(_read_plan(saved)) if saved is not None else None
    desired = wiring.desired(valid_tree(wiring, invocation))
    deps = wiring.reconcile_deps()
    planned = make_plan(desired, deps, PlanOptions(False, deadline, max_parallel))
    terminal.show(view_plan.text(planned.plan))
    if planned.plan.empty and base is None:
        return planned.plan.exit_code
    check_confirmed(frozenset(planned.plan.needs_confirmation), confirm, "this plan")
    if not yes and base is None:
        if not terminal.interactive:
            raise UsageError("nobody is there to ask", hint="review the plan, then add --yes")
        if not typer.confirm("Apply these changes?"):
            raise Declined("nothing was changed: the plan was not confirmed")
    options = ApplyOptions(
        max_deletions=max_deletions,
        confirmed=frozenset(confirm or []),
        saved=base,
        max_parallel=max_parallel,
    )
    report = apply_plan(
        planned, deps, options, report=lambda event: terminal.show(view_plan.apply_event(event))
    )
    terminal.show(view_plan.apply_text(report))
    return report.exit_code


def _read_plan(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read the plan {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not a plan (not UTF-8 text)") from error
