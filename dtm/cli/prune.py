"""`dtm prune`: remove the logs of runs that finished long ago."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from dtm.cli.console import Invocation
from dtm.cli.layout import paragraph, some
from dtm.cli.options import ConfirmOption, Output, OutputOption, check_confirmed, seconds_of
from dtm.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from dtm.runner.prune import Pruned

SHORTEST_S = 86400


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("prune")(prune)


def prune(
    context: typer.Context,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="TIME", help="Since a run's end, e.g. 90d.")
    ],
    environment: Annotated[
        str | None, typer.Option("--env", "-e", metavar="ENV", help="Only in this environment.")
    ] = None,
    operation: Annotated[
        str | None, typer.Option("--operation", metavar="NAME", help="Only of this operation.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would go; remove nothing.")
    ] = False,
    confirm: ConfirmOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Remove attempts and SQL log of finished runs, here and on the clients.

    Runs, streams and the audit trail stay; nothing of an unfinished run is touched. The completion
    markers on the clients go, too: keep more than the age of the oldest backup of the repository
    that you might restore.

    Example: dtm prune --older-than 90d --env prod --confirm prod
    """
    from dtm.bootstrap import Wiring
    from dtm.runner.prune import PruneRequest
    from dtm.runner.prune import prune as remove

    seconds = seconds_of("--older-than", older_than)
    if seconds < SHORTEST_S:
        raise UsageError(f"--older-than {older_than} is less than a day")
    invocation: Invocation = context.obj
    wiring = Wiring(invocation.root)
    if not dry_run:
        protected = wiring.protected_environments()
        touched = protected if environment is None else protected & {environment}
        check_confirmed(touched, confirm, "pruning")
    request = PruneRequest(seconds, environment, operation, dry_run)
    pruned = remove(request, wiring.runner_deps())
    if output is Output.JSON:
        invocation.terminal.data(_json(pruned))
    else:
        invocation.terminal.show(_text(pruned))
    return ExitCode.DEGRADED if pruned.away else ExitCode.OK


def _text(pruned: Pruned) -> str:
    verb = "Would remove" if pruned.dry else "Removed"
    if not pruned.streams and not pruned.away:
        return "Nothing that old is left to remove."
    lines = [
        f"{verb} of {pruned.runs} runs with {len(pruned.streams)} streams:",
        f"  {pruned.statements:,} logged statements and {pruned.attempts:,} attempts"
        " in the repository",
    ]
    if not pruned.dry:
        lines.append(f"  {pruned.on_clients:,} rows on the clients (markers, parameters, SQL log)")
    if pruned.away:
        names = [f"{name} ({reason})" for name, reason in sorted(pruned.away.items())]
        lines.append(paragraph(f"Not asked, and left as it is: {some(names)}", "  ", "    "))
    return "\n".join(lines)


def _json(pruned: Pruned) -> str:
    document = {
        "format_version": 1,
        "prune": {
            "dry_run": pruned.dry,
            "runs": pruned.runs,
            "streams": len(pruned.streams),
            "statements": pruned.statements,
            "attempts": pruned.attempts,
            "rows_on_clients": pruned.on_clients,
            "away": dict(pruned.away),
        },
    }
    return json.dumps(document, indent=2)
