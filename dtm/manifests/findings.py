"""Collects findings while loading and gives them their places at the end.

Checks name a document and a path; only files that have something to report are read again with
marks (see `reader.positions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from yaml.nodes import Node

from dtm.manifests import paths, reader
from dtm.manifests.paths import Path
from dtm.model.diagnostics import Diagnostic, Severity, ordered
from dtm.model.resources import Location


@dataclass(frozen=True, slots=True)
class Place:
    """A document: the file relative to the root, and its number in the file (from 0)."""

    file: str
    document: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path. `at_key`: the place is the key, not the value under it.

    `line_offset` counts lines down from there, for an error inside a text of several lines.
    """

    path: Path
    code: str
    message: str
    suggestion: str | None = None
    at_key: bool = False
    severity: Severity = Severity.ERROR
    line_offset: int = 0


@dataclass(slots=True)
class Findings:
    """All findings of one load. `texts` holds every YAML file that was read."""

    texts: dict[str, str] = field(default_factory=dict)
    _located: list[Diagnostic] = field(default_factory=list)
    _pending: list[tuple[Place, Finding]] = field(default_factory=list)

    def add(self, place: Place, *found: Finding) -> None:
        """Report findings in a document."""
        self._pending.extend((place, finding) for finding in found)

    def add_at(self, file: str, problems: Iterable[reader.Problem]) -> None:
        """Report what reading a file ran into."""
        for problem in problems:
            self.add_diagnostic(
                Diagnostic(
                    Location(file, problem.line, problem.column),
                    Severity.ERROR,
                    problem.code,
                    problem.message,
                    suggestion=problem.suggestion,
                )
            )

    def add_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Report something whose place is known."""
        self._located.append(diagnostic)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return everything that was reported, located and sorted.

        Where YAML itself or a template is at fault, what follows from it at the same place is
        left out.
        """
        locator = Locator(self.texts)
        derived = [locator.diagnostic(*entry) for entry in self._pending]
        templates = [found for found in derived if found.code == "template"]
        at_fault = {found.location for found in (*self._located, *templates)}
        rest = [found for found in derived if found.location not in at_fault]
        return ordered([*self._located, *templates, *rest])


class Locator:
    """Finds lines and columns; each file is read again once at most."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._nodes: dict[str, list[Node]] = {}

    def locate(self, place: Place, path: Path, *, at_key: bool = False) -> Location:
        """Return where a path stands, or the deepest part of it that exists."""
        if place.file not in self._nodes:
            self._nodes[place.file] = reader.positions(self._texts.get(place.file, ""))
        documents = self._nodes[place.file]
        if place.document >= len(documents):
            return Location(place.file, 1, 1)
        line, column = reader.find(documents[place.document], path, at_key=at_key)
        return Location(place.file, line, column)

    def diagnostic(self, place: Place, finding: Finding) -> Diagnostic:
        """Return a finding with its location."""
        location = self.locate(place, finding.path, at_key=finding.at_key)
        if finding.line_offset:
            location = Location(location.file, location.line + finding.line_offset, 1)
        return Diagnostic(
            location,
            finding.severity,
            finding.code,
            finding.message,
            paths.show(finding.path),
            finding.suggestion,
        )
