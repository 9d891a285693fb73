"""`dtm applies`: what was applied, when, by whom and from which commit."""

from __future__ import annotations

from typing import Annotated

import typer

from dtm.cli.console import Invocation
from dtm.cli.options import Output, OutputOption
from dtm.errors import ExitCode, UsageError


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("applies")(applies)


def applies(
    context: typer.Context,
    apply_id: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="One apply with its changes; none: list.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """List every apply, or show one with each of its changes.

    Examples: dtm applies | dtm applies 12
    """
    from dtm.bootstrap import Wiring
    from dtm.cli import view_applies
    from dtm.repository.applies import ApplyLog

    invocation: Invocation = context.obj
    terminal = invocation.terminal
    session = Wiring(invocation.root).repository("applies")
    try:
        log = ApplyLog(session)
        records = log.applies()
        if apply_id is None:
            if output is Output.JSON:
                terminal.data(view_applies.list_json(records))
            else:
                terminal.show(view_applies.list_text(records))
            return ExitCode.OK
        record = next((each for each in records if each.apply_id == apply_id), None)
        if record is None:
            raise UsageError(f"there is no apply {apply_id}", hint="dtm applies lists them")
        changes = log.changes(apply_id)
    finally:
        session.close()
    if output is Output.JSON:
        terminal.data(view_applies.show_json(record, changes))
    else:
        terminal.show(view_applies.show_text(record, changes))
    return ExitCode.OK
