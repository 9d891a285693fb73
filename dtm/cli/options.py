"""Options several commands share, and small helpers around them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dtm.errors import DtmError, InvalidManifests, UsageError

if TYPE_CHECKING:
    from dtm.bootstrap import Wiring
    from dtm.cli.console import Invocation
    from dtm.manifests import Loaded


class Output(StrEnum):
    """Text for people, JSON (with a format version) for programs."""

    TEXT = "text"
    JSON = "json"


class PlanOutput(StrEnum):
    """Text for people, Markdown for pull requests, JSON for programs."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="text or json.")]
ConfirmOption = Annotated[
    list[str] | None,
    typer.Option("--confirm", metavar="ENV", help="Confirm a protected environment by its name."),
]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why; kept in the run's audit trail.", show_default=False)
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="Run id, a unique beginning of one, or `latest`.")
]


def valid_tree(wiring: Wiring, invocation: Invocation) -> Loaded:
    """Load the tree; report its diagnostics and refuse to go on when one is an error."""
    from dtm.cli import view_diagnostics
    from dtm.model.diagnostics import has_errors

    loaded = wiring.tree()
    if loaded.diagnostics:
        invocation.terminal.note(view_diagnostics.text(loaded.diagnostics))
    if has_errors(loaded.diagnostics):
        raise InvalidManifests(
            "the manifests have errors; nothing was changed",
            hint="correct what is listed above; dtm validate checks without a database",
        )
    return loaded


def assignments_of(pairs: list[str] | None) -> dict[str, str]:
    """Split K=V options; UsageError for anything else or a name given twice."""
    values: dict[str, str] = {}
    for pair in pairs or []:
        name, separator, value = pair.partition("=")
        if not separator or not name.strip():
            raise UsageError(f'--param "{pair}" is not NAME=VALUE')
        if name.strip().upper() in values:
            raise UsageError(f'--param "{name}" is given twice')
        values[name.strip().upper()] = value
    return values


def seconds_of(option: str, text: str) -> int:
    """Seconds of `30m`, `2h`, and of any number of whole days such as `400d`; UsageError if not."""
    from dtm.model.durations import parse_duration

    days = text.removesuffix("d")
    if text.endswith("d") and days.isdecimal() and len(days) <= 5:
        return int(days) * 86400
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def check_confirmed(names: frozenset[str], confirmed: list[str] | None, what: str) -> None:
    """Refuse when a protected environment is touched without its --confirm."""
    missing = sorted(names - set(confirmed or []))
    if missing:
        flags = " ".join(f"--confirm {name}" for name in missing)
        raise UsageError(
            f"{what} touches the protected environment {', '.join(missing)}",
            hint=f"if that is what you want, add {flags}",
        )


class Declined(DtmError):
    """A person answered no."""
