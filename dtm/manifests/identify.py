"""From a YAML document to a draft: which kind and name it is, templates rendered, shape checked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from dtm.manifests import schemas, shape
from dtm.manifests.drafts import Draft
from dtm.manifests.explain import describe, explain, shown
from dtm.manifests.findings import Finding, Findings, Place
from dtm.manifests.paths import Path
from dtm.manifests.reader import Document
from dtm.manifests.render import Renderer
from dtm.manifests.rendering import render_tree, template_finding
from dtm.manifests.settings import Settings
from dtm.manifests.templates import TemplateProblem, is_template
from dtm.model.names import InvalidName, normalise
from dtm.model.resources import Kind, Location
from dtm.model.suggest import did_you_mean

API_VERSION = "dtm/v1"
_KINDS = {kind.value: kind for kind in Kind}


@cache
def fits_schema(kind: Kind) -> shape.Check:
    """Return the compiled schema of a kind."""
    return shape.compile_schema(schemas.for_kind(kind))


@cache
def _fits_name(kind: Kind) -> shape.Check:
    """Return the compiled schema of a kind's name: without a name there is no draft."""
    whole = schemas.for_kind(kind)
    name = whole["properties"]["metadata"]["properties"]["name"]
    return shape.compile_schema({**name, "definitions": whole["definitions"]})


class Identifier:
    """Makes drafts; what is wrong with a document goes to `findings`."""

    def __init__(self, settings: Settings, findings: Findings, renderer: Renderer) -> None:
        self._settings = settings
        self._findings = findings
        self._renderer = renderer
        self._templated: dict[str, bool] = {}

    def draft(self, place: Place, document: Document) -> Draft | None:
        """Return a draft, or None for a document without usable kind and name."""
        data = document.data
        if data is None:  # an empty document between two `---`
            return None
        if not isinstance(data, dict):
            message = f"a document is a mapping, found {describe(data)}"
            self._findings.add(place, Finding((), "wrong-type", message))
            return None
        kind = self._kind(place, data)
        if kind is None:
            return None
        name = self._name(place, kind, data)
        if name is None:
            return None
        location = Location(place.file, document.line, document.column)
        draft = Draft(place, location, kind, name, data)
        self._shape(draft, document)
        return draft

    def _kind(self, place: Place, data: dict[str, Any]) -> Kind | None:
        version, kind = data.get("apiVersion"), data.get("kind")
        if version != API_VERSION:
            path: Path = ("apiVersion",) if "apiVersion" in data else ()
            message = f'not a dtm document: apiVersion is not "{API_VERSION}"'
            hint = f"write apiVersion: {API_VERSION}, or exclude the file in dtm.yaml"
            self._findings.add(place, Finding(path, "api-version", message, hint))
        if isinstance(kind, str) and kind in _KINDS:
            return _KINDS[kind] if version == API_VERSION else None
        if version == API_VERSION:
            path = ("kind",) if "kind" in data else ()
            message = f"unknown kind {shown(kind)}" if "kind" in data else '"kind" is missing'
            similar = did_you_mean(kind, _KINDS) if isinstance(kind, str) else None
            hint = similar or f"kinds: {', '.join(_KINDS)}"
            self._findings.add(place, Finding(path, "unknown-kind", message, hint))
        return None

    def _name(self, place: Place, kind: Kind, data: dict[str, Any]) -> str | None:
        metadata = data.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if not isinstance(name, str) or not _fits_name(kind)(name):
            self._findings.add(place, *explain(schemas.for_kind(kind), data))
            return None
        if kind is not Kind.PACKAGE:
            return name
        try:
            return normalise(name, limit=self._settings.identifier_bytes)
        except InvalidName as error:
            path = ("metadata", "name")
            self._findings.add(place, Finding(path, "oracle-name", str(error)))
            return None

    def _shape(self, draft: Draft, document: Document) -> None:
        """Render and check; what is wrong is taken out, so that the rest can be checked."""
        templated = self._has_template(draft.place.file)
        data = self._rendered(draft) if templated else draft.data
        fits = fits_schema(draft.kind)
        if not templated and not document.sound:
            document.sound = fits(data)
        if not document.sound and not fits(data):
            found = explain(schemas.for_kind(draft.kind), data)
            self._findings.add(draft.place, *found)
            draft.wrong += [finding.path for finding in found]
            data = _without(data, draft.wrong)
            draft.checkable = fits(data)
        spec = data.get("spec")
        draft.raw_spec = spec if isinstance(spec, dict) else {}
        metadata = data["metadata"]
        draft.metadata = dict(metadata) if isinstance(metadata, dict) else {}

    def _has_template(self, file: str) -> bool:
        if file not in self._templated:
            self._templated[file] = is_template(self._findings.texts[file])
        return self._templated[file]

    def _rendered(self, draft: Draft) -> dict[str, Any]:
        def refuse(path: Path, problem: TemplateProblem) -> None:
            draft.wrong.append(path)
            self._findings.add(draft.place, template_finding(path, problem))

        context = instance_context(draft) if draft.kind is Kind.INSTANCE else {}
        skip = frozenset({"instanceDefaults"}) if draft.kind is Kind.ENVIRONMENT else frozenset()
        spec = render_tree(
            draft.data.get("spec"), self._renderer, context, ("spec",), refuse, skip=skip
        )
        return {**draft.data, "spec": spec}


def _without(data: Any, wrong: Sequence[Path]) -> Any:
    """Return a copy without the fields at these paths; members of lists stay, or all would move."""
    if isinstance(data, dict):
        inner: dict[Any, list[Path]] = {}
        for path in wrong:
            if path:
                inner.setdefault(path[0], []).append(path[1:])
        return {
            key: _without(value, inner[key]) if key in inner else value
            for key, value in data.items()
            if () not in inner.get(key, ())
        }
    if isinstance(data, list):
        return [
            _without(value, [path[1:] for path in wrong if path[:1] == (number,)])
            for number, value in enumerate(data)
        ]
    return data


def instance_context(draft: Draft) -> dict[str, Any]:
    """Return what templates of an instance see besides `vars`."""
    spec = draft.data.get("spec")
    environment = spec.get("environment") if isinstance(spec, dict) else None
    labels = draft.data["metadata"].get("labels", {})
    return {
        "instance": {"name": draft.name, "labels": labels},
        "environment": {"name": environment},
    }
