"""Diagnostics: what is wrong in the working tree, where exactly, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dtm.model.resources import Location


class Severity(StrEnum):
    """An error makes the working tree unusable; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `path` is the way inside the document (`spec.tasks[2].timeout`), empty for the whole of it;
    `code` is stable (`unknown-field`); `suggestion` completes the message where one is known.
    """

    location: Location
    severity: Severity
    code: str
    message: str
    path: str = ""
    suggestion: str | None = None

    def __str__(self) -> str:
        hint = f" ({self.suggestion})" if self.suggestion else ""
        path = f"{self.path}: " if self.path else ""
        return f"{self.location}: {self.severity.value}: {path}{self.message}{hint} [{self.code}]"


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return them by place, then code; exact repetitions once."""
    return tuple(
        sorted(
            dict.fromkeys(diagnostics),
            key=lambda d: (
                d.location.file,
                d.location.line,
                d.location.column,
                d.severity.value,
                d.code,
                d.path,
                d.message,
            ),
        )
    )


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Say whether any of them is an error."""
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
