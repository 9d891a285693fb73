"""`dtm validate`: check every manifest and PL/SQL file; no database is touched."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dtm.cli.console import Invocation
from dtm.errors import ExitCode


class Format(StrEnum):
    """Output formats of diagnostics."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("validate")(validate)


def validate(
    context: typer.Context,
    output: Annotated[
        Format, typer.Option("--output", "-o", help="text, json, github annotations or sarif.")
    ] = Format.TEXT,
) -> int:
    """Check all manifests and PL/SQL sources, and report everything wrong in one pass.

    Needs no database. Exit code 1 when there is an error; warnings alone are 0.

    Example: dtm -C my-tree validate
    """
    from dtm.bootstrap import Wiring
    from dtm.cli import view_diagnostics
    from dtm.model.diagnostics import has_errors

    invocation: Invocation = context.obj
    loaded = Wiring(invocation.root).tree()
    if output is Format.TEXT:
        if loaded.diagnostics:
            invocation.terminal.show(view_diagnostics.text(loaded.diagnostics))
        invocation.terminal.show(view_diagnostics.summary(loaded))
    else:
        render = {
            Format.JSON: view_diagnostics.json_text,
            Format.GITHUB: view_diagnostics.github,
            Format.SARIF: view_diagnostics.sarif,
        }[output]
        invocation.terminal.data(render(loaded.diagnostics))
    return ExitCode.ERROR if has_errors(loaded.diagnostics) else ExitCode.OK
