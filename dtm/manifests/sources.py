"""Reads a Package's source files: rendered, identified, in install order, with line mapping."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from dtm.manifests import files, units
from dtm.manifests.findings import Finding, Findings, Place
from dtm.manifests.paths import Path
from dtm.manifests.reader import Problem
from dtm.manifests.render import Renderer
from dtm.manifests.templates import TemplateProblem
from dtm.manifests.units import UnitError, UnitHead
from dtm.model.diagnostics import Diagnostic, Severity
from dtm.model.resources import Location
from dtm.model.suggest import did_you_mean

TEMPLATE_SUFFIX = ".j2"


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `path` is relative to the root; `lines[n]` is the file's line of line n + 1."""

    file: str  # as the manifest writes it
    path: str
    text: str
    head: UnitHead
    lines: tuple[int, ...] | None = None  # None: not a template, lines are the same

    def location(self, line: int, column: int = 1) -> Location:
        """Return where a line of the rendered text stands in the tree."""
        if self.lines is None:
            return Location(self.path, line, column)
        number = min(max(line, 1), len(self.lines)) - 1
        return Location(self.path, self.lines[number], 1)


@dataclass(frozen=True, slots=True)
class SourceReader:
    """Reads the sources of one package; what is wrong goes to `findings`."""

    root: FilePath
    renderer: Renderer
    findings: Findings

    def read(self, place: Place, name: str, spec: Mapping[str, Any]) -> dict[str, list[Source]]:
        """Return `units` in install order and `tables`; files that cannot be used are left out."""
        result = {}
        for field, key in (("sources", "units"), ("tables", "tables")):
            found = []
            for number, file in enumerate(spec.get(field, ())):
                path: Path = ("spec", field, number)
                source = self._source(place, path, file, name, spec.get("compat"))
                if source is not None and self._fits(place, path, source, key):
                    found.append(source)
            result[key] = found
        self._refuse_twice(result)
        result["units"].sort(key=lambda source: units.INSTALL_ORDER.index(source.head.type))
        return result

    def _source(
        self, place: Place, path: Path, file: str, name: str, compat: str | None
    ) -> Source | None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(place.file), file))
        if file.startswith("/") or "\\" in file or not files.is_inside(self.root, target):
            message = f'"{file}" is outside the tree'
            hint = "a path inside the tree, relative to the manifest, with / between its parts"
            self.findings.add(place, Finding(path, "outside-tree", message, hint))
            return None
        text = files.read_text(self.root, target)
        if isinstance(text, Problem):
            if text.code == "encoding":
                self.findings.add_at(target, [text])
            else:
                message = f'"{file}": {text.message}'
                code = "missing-file" if not (self.root / target).exists() else text.code
                similar = self._similar(target) if code == "missing-file" else None
                self.findings.add(place, Finding(path, code, message, similar or text.suggestion))
            return None
        return self._identified(file, target, text, name, compat)

    def _similar(self, target: str) -> str | None:
        directory = self.root / posixpath.dirname(target)
        names = [entry.name for entry in directory.iterdir()] if directory.is_dir() else []
        return did_you_mean(posixpath.basename(target), names)

    def _identified(
        self, file: str, target: str, text: str, name: str, compat: str | None
    ) -> Source | None:
        lines = None
        if file.endswith(TEMPLATE_SUFFIX):
            try:
                rendered = self.renderer.file(text, {"package": {"name": name}})
            except TemplateProblem as problem:
                location = Location(target, problem.line, 1)
                self._report(location, "template", problem.message, problem.suggestion)
                return None
            text, lines = rendered.text, rendered.lines
        if compat == "odtm":
            text = units.without_owner(text)
        try:
            head = units.head(text)
        except UnitError as error:
            line = lines[error.line - 1] if lines else error.line
            location = Location(target, line, 1 if lines else error.column)
            self._report(location, "source-unit", error.message, error.suggestion)
            return None
        return Source(file, target, units.statement_text(text, head.type), head, lines)

    def _fits(self, place: Place, path: Path, source: Source, key: str) -> bool:
        is_table = source.head.type == "TABLE"
        if is_table == (key == "tables"):
            return True
        message = f'"{source.file}" creates a {source.head.type.lower()}'
        hint = "list it under tables" if is_table else "list it under sources"
        self.findings.add(place, Finding(path, "source-unit", message, hint))
        return False

    def _refuse_twice(self, result: Mapping[str, list[Source]]) -> None:
        seen: dict[tuple[str, str], str] = {}
        for source in [*result["units"], *result["tables"]]:
            key = (source.head.type, source.head.name)
            if key in seen:
                message = f"{key[0]} {key[1]} is also created by {seen[key]}"
                self._report(source.location(source.head.line), "source-unit", message, None)
            seen[key] = source.file

    def _report(self, location: Location, code: str, message: str, suggestion: str | None) -> None:
        self.findings.add_diagnostic(
            Diagnostic(location, Severity.ERROR, code, message, suggestion=suggestion)
        )


def unit_specs(sources: list[Source]) -> list[dict[str, str]]:
    """Return the canonical `units:` or `tables:` list."""
    return [
        {"file": source.file, "type": source.head.type, "name": source.head.name}
        for source in sources
    ]


def report(
    findings: Findings,
    source: Source,
    place: tuple[int, int],
    code: str,
    message: str,
    suggestion: str | None = None,
) -> None:
    """Report an error at line and column of a source's rendered text."""
    location = source.location(*place)
    findings.add_diagnostic(
        Diagnostic(location, Severity.ERROR, code, message, suggestion=suggestion)
    )
