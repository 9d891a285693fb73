"""The working tree in one call: files -> documents -> drafts -> canonical resources.

No database is touched and no secret resolved. Everything that is wrong is found in one pass.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath

from dtm.errors import InvalidManifests
from dtm.manifests import canonical, files, paths, reader, references, sources
from dtm.manifests.cache import DocumentCache, cache_of
from dtm.manifests.canonical import Canonical
from dtm.manifests.canonical_assignment import assignment
from dtm.manifests.canonical_operation import declarations, operation
from dtm.manifests.drafts import Draft
from dtm.manifests.findings import Finding, Findings, Locator, Place
from dtm.manifests.identify import Identifier
from dtm.manifests.instances import complete_instance
from dtm.manifests.plsql_checks import check_plsql
from dtm.manifests.render import Renderer
from dtm.manifests.settings import Settings, load_settings
from dtm.manifests.sources import SourceReader
from dtm.model.diagnostics import Diagnostic, Severity
from dtm.model.inventory import Inventory
from dtm.model.resources import Kind, Location, Resource, ResourceId


@dataclass(frozen=True)
class Loaded:
    """What `load` found. `resources` holds the sound ones, by kind and name."""

    settings: Settings
    resources: tuple[Resource, ...]
    diagnostics: tuple[Diagnostic, ...]
    drafts: Mapping[ResourceId, Draft]
    texts: Mapping[str, str]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that make the tree unusable."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)

    @cached_property
    def inventory(self) -> Inventory:
        """The sound resources as typed values."""
        return Inventory.of(self.resources)

    def require(self) -> Loaded:
        """Return this if there is no error; raises InvalidManifests."""
        count = len(self.errors)
        if count:
            noun = "error" if count == 1 else "errors"
            raise InvalidManifests(
                f"{count} {noun} in the manifests", hint="dtm validate lists them"
            )
        return self

    def locate(self, resource: ResourceId, path: str) -> Location | None:
        """Return where a field (`spec.parameters.DOP`) of a resource stands, for `dtm params`."""
        draft = self.drafts.get(resource)
        if draft is None:
            return None
        return self._locator.locate(draft.place, paths.parse(path))

    def source_location(
        self, package: str, file: str, line: int, column: int = 1
    ) -> Location | None:
        """Return where a place in a SourceUnit's text stands in the tree, templates mapped back.

        `file` is as the manifest writes it; CompileError counts lines in that text. The column
        of a template is 1: rendering moves text within a line.
        """
        draft = self.drafts.get(ResourceId(Kind.PACKAGE, package))
        for group in draft.sources.values() if draft else ():
            for source in group:
                if source.file == file:
                    return source.location(line, column)
        return None

    @cached_property
    def _locator(self) -> Locator:
        return Locator(self.texts)


def load(root: FilePath, environ: Mapping[str, str] | None = None) -> Loaded:
    """Read the working tree at `root`; `environ` serves the variables of dtm.yaml."""
    with _collector_paused():
        return _load(root, os.environ if environ is None else environ)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A load makes a million small values and no garbage: looking for some takes half its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load(root: FilePath, environ: Mapping[str, str]) -> Loaded:
    findings = Findings()
    settings = load_settings(root, environ, findings)
    cache = cache_of(settings.state_dir, environ)
    drafts = _Loader(settings, findings, cache).drafts()
    cache.save()
    resources = tuple(sorted((_resource(draft) for draft in drafts if draft.valid), key=_order))
    return Loaded(
        settings,
        resources,
        findings.diagnostics(),
        {ResourceId(draft.kind, draft.name): draft for draft in drafts},
        findings.texts,
    )


_KIND_ORDER = {kind: number for number, kind in enumerate(Kind)}


def _order(resource: Resource) -> tuple[int, str]:
    return _KIND_ORDER[resource.id.kind], resource.id.name


def _resource(draft: Draft) -> Resource:
    texts = {source.file: source.text for group in draft.sources.values() for source in group}
    return Resource(
        ResourceId(draft.kind, draft.name),
        draft.metadata,
        draft.spec,
        canonical.digest(draft.kind, draft.metadata, draft.spec, texts),
        texts,
        draft.location,
    )


class _Loader:
    """The steps of one load."""

    def __init__(self, settings: Settings, findings: Findings, cache: DocumentCache) -> None:
        self.cache = cache
        self.settings = settings
        self.findings = findings
        self.renderer = Renderer(settings.variables)
        self.doubtful: list[str] = []  # texts of files that could not be read in full

    def drafts(self) -> list[Draft]:
        """Return all drafts, the first of each name, sound or not."""
        everything = self._identified()
        references.refuse_duplicates(everything, self.findings)
        index: dict[Kind, dict[str, Draft]] = {kind: {} for kind in Kind}
        for draft in everything:
            index[draft.kind].setdefault(draft.name, draft)
        for kind in Kind:
            for draft in index[kind].values():
                if draft.checkable:
                    self._canonical(draft, index)
        references.check_renames(index, self.findings)
        references.References(index, self.findings, "\n".join(self.doubtful)).check()
        check_plsql(index, self.findings)
        return [draft for drafts in index.values() for draft in drafts.values()]

    def _identified(self) -> list[Draft]:
        identifier = Identifier(self.settings, self.findings, self.renderer)
        found = []
        root, settings = self.settings.root, self.settings
        for file in files.manifest_files(root, settings.manifests, settings.exclude):
            text = files.read_text(root, file)
            if isinstance(text, reader.Problem):
                self.findings.add_at(file, [text])
                continue
            self.findings.texts[file] = text
            reading = self.cache.read(text)
            self.findings.add_at(file, reading.problems)
            if reading.problems:
                self.doubtful.append(text)
            if not reading.problems and all(d.data is None for d in reading.documents):
                empty = Finding((), "empty-file", "no document", severity=Severity.WARNING)
                self.findings.add(Place(file), empty)
            for number, document in enumerate(reading.documents):
                draft = identifier.draft(Place(file, number), document)
                if draft is not None:
                    found.append(draft)
                elif document.data is not None:
                    self.doubtful.append(text)
        return found

    def _canonical(self, draft: Draft, index: Mapping[Kind, Mapping[str, Draft]]) -> None:
        """Fill in `metadata` and `spec`, and note what is wrong."""

        def report(finding: Finding) -> None:
            draft.wrong.append(finding.path)
            self.findings.add(draft.place, finding)

        ctx = Canonical(report, self.settings.identifier_bytes, tuple(draft.wrong))
        draft.metadata = canonical.metadata(ctx, draft.kind, draft.metadata)
        match draft.kind:
            case Kind.ENVIRONMENT:
                draft.spec = canonical.environment(ctx, draft.raw_spec)
            case Kind.INSTANCE:
                environment = index[Kind.ENVIRONMENT].get(str(draft.raw_spec["environment"]))
                complete_instance(draft, environment, self.renderer, self.findings)
            case Kind.PACKAGE:
                self._package(ctx, draft)
            case Kind.OPERATION:
                draft.spec = operation(ctx, draft.raw_spec)
                if draft.intact("spec", "parameters"):
                    draft.declarations = declarations(draft.spec["parameters"])
            case Kind.ASSIGNMENT:
                target = index[Kind.OPERATION].get(draft.raw_spec["operation"])
                decls = target.declarations if target is not None else None
                draft.spec = assignment(ctx, draft.raw_spec, decls)

    def _package(self, ctx: Canonical, draft: Draft) -> None:
        draft.spec = canonical.package(ctx, draft.raw_spec)
        source_reader = SourceReader(self.settings.root, self.renderer, self.findings)
        draft.sources = source_reader.read(draft.place, draft.name, draft.raw_spec)
        for key, found in draft.sources.items():
            draft.spec[key] = sources.unit_specs(found)
        wanted = len(draft.raw_spec["sources"]) + len(draft.raw_spec.get("tables", ()))
        if sum(map(len, draft.sources.values())) < wanted:
            draft.wrong.append(("spec", "sources"))
