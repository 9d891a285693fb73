"""Completes an Instance: the environment's defaults under its own spec, rendered, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dtm.manifests import canonical, schemas
from dtm.manifests.connections import connection_problems, merge_connect
from dtm.manifests.drafts import Draft
from dtm.manifests.explain import explain
from dtm.manifests.findings import Finding, Findings, Place
from dtm.manifests.identify import fits_schema, instance_context
from dtm.manifests.paths import Path
from dtm.manifests.render import Renderer
from dtm.manifests.rendering import render_tree, template_finding
from dtm.manifests.templates import TemplateProblem
from dtm.model.resources import Kind


def complete_instance(
    draft: Draft, environment: Draft | None, renderer: Renderer, findings: Findings
) -> None:
    """Set the canonical spec of an instance.

    A finding is placed in the instance where it has the field, else in the environment's
    defaults. Without sound defaults only the instance itself is known.
    """
    defaults: Mapping[str, Any] = {}
    known = environment is not None and environment.intact("spec", "instanceDefaults")
    if environment is not None and known:
        defaults = environment.raw_spec.get("instanceDefaults", {})

    def report(finding: Finding) -> None:
        draft.wrong.append(finding.path)
        findings.add(*_placed(finding, draft, environment, defaults))

    def refuse(path: Path, problem: TemplateProblem) -> None:
        report(template_finding(path, problem))

    if defaults:
        context = instance_context(draft)
        rendered = render_tree(defaults, renderer, context, ("spec",), refuse)
        merged = {
            **rendered,
            **draft.raw_spec,
            "connect": merge_connect(
                rendered.get("connect", {}), draft.raw_spec.get("connect", {})
            ),
        }
    else:
        merged = dict(draft.raw_spec)
    whole = {**draft.data, "spec": merged}
    if draft.valid and defaults and not fits_schema(Kind.INSTANCE)(whole):
        for finding in explain(schemas.for_kind(Kind.INSTANCE), whole):
            report(finding)
    if draft.valid and known:
        for finding in connection_problems(merged.get("connect", {})):
            report(replace(finding, path=("spec", "connect", *finding.path)))
    draft.spec = canonical.instance(merged)


def _placed(
    finding: Finding, draft: Draft, environment: Draft | None, defaults: Mapping[str, Any]
) -> tuple[Place, Finding]:
    inner = finding.path[1:]
    if environment is None or _holds(draft.raw_spec, inner) or not _holds(defaults, inner):
        return draft.place, finding
    path: Path = ("spec", "instanceDefaults", *inner)
    message = f"{finding.message} (for instance {draft.name})"
    return environment.place, replace(finding, path=path, message=message)


def _holds(data: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return True
