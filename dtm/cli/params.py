"""`dtm params`: each parameter of an operation, its value and where it comes from."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dtm.cli.console import Invocation
from dtm.cli.options import Output, OutputOption, assignments_of, valid_tree
from dtm.errors import ExitCode

if TYPE_CHECKING:
    from dtm.manifests.params import ParameterRow


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("params")(params)


def params(
    context: typer.Context,
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="Name of the operation.")],
    environment: Annotated[str, typer.Option("--env", "-e", metavar="ENV", help="Environment.")],
    assignment: Annotated[
        str | None, typer.Option("--assignment", "-a", help="Where an environment has several.")
    ] = None,
    instance: Annotated[
        str | None, typer.Option("--instance", metavar="NAME", help="As on this instance.")
    ] = None,
    object_name: Annotated[
        str | None, typer.Option("--object", metavar="OWNER.NAME", help="As for this object.")
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="K=V", help="Override; repeatable."),
    ] = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Show each parameter's value with the layer and the file it comes from.

    Reads the working tree; no database is touched.

    Example: dtm params purge-orders --env prod --instance sales-amer-1
    """
    from dtm.bootstrap import Wiring
    from dtm.manifests.params import Question, parameter_rows

    invocation: Invocation = context.obj
    loaded = valid_tree(Wiring(invocation.root), invocation)
    overrides = tuple(assignments_of(param).items())
    question = Question(operation, environment, assignment, instance, object_name, overrides)
    rows = parameter_rows(loaded, question)
    if output is Output.JSON:
        values = [dataclasses.asdict(row) for row in rows]
        document = {"format_version": 1, "parameters": values}
        invocation.terminal.data(json.dumps(document, indent=2))
    else:
        invocation.terminal.show(_text(rows))
    return ExitCode.OK


def _text(rows: Sequence[ParameterRow]) -> str:
    if not rows:
        return "This operation declares no parameters."
    lines = []
    for row in rows:
        value = "(not set)" if row.value is None else row.value
        lines.append(f"{row.name} = {value}")
        lines.append(f"    {row.type}, from {row.layer}: {row.origin}")
        lines += textwrap.wrap(
            row.description, 74, initial_indent="    ", subsequent_indent="    "
        )
    return "\n".join(lines)
