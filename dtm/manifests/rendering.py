"""Renders the templates inside a document's data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.manifests.findings import Finding
from dtm.manifests.paths import Path
from dtm.manifests.render import Renderer
from dtm.manifests.templates import Context, TemplateProblem, is_template

Refuse = Callable[[Path, TemplateProblem], None]


def render_tree(
    data: Any,
    renderer: Renderer,
    context: Context,
    path: Path,
    refuse: Refuse,
    *,
    skip: frozenset[str] = frozenset(),
) -> Any:
    """Return `data` with every template rendered; the parts without one are shared, not copied.

    A template that cannot be rendered goes to `refuse` and stays as it is. `skip` names fields
    of the outermost mapping to leave alone.
    """
    if isinstance(data, str):
        if not is_template(data):
            return data
        try:
            return renderer.value(data, context)
        except TemplateProblem as problem:
            refuse(path, problem)
            return data
    if isinstance(data, dict):
        return {
            key: value
            if key in skip
            else render_tree(value, renderer, context, (*path, key), refuse)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [
            render_tree(value, renderer, context, (*path, number), refuse)
            for number, value in enumerate(data)
        ]
    return data


def template_finding(path: Path, problem: TemplateProblem) -> Finding:
    """Return a template's problem as a finding at the text that holds the template."""
    return Finding(
        path, "template", problem.message, problem.suggestion, line_offset=problem.line - 1
    )
