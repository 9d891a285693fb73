"""Field-level differences of two documents; the only importer of deepdiff. Pure.

Paths read as in the manifest: `spec.tasks[2].timeout`; the order is that of the paths.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dtm.model.resources import Resource
from dtm.reconcile.changes import FieldDiff

DIFF_LINES = 400  # of one source file; a longer diff is cut and says so

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def resource_diff(old: Resource | None, new: Resource | None) -> tuple[FieldDiff, ...]:
    """Compare metadata, spec and sources; None stands for a resource that is not there."""
    fields = differences(_document(old), _document(new))
    return (*fields, *_source_diffs(_sources(old), _sources(new)))


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldDiff, ...]:
    """Return the leaves in which two JSON-able documents differ, in order of their paths."""
    if not old or not new:
        return _one_sided(old, new)
    if _json(old) == _json(new):
        return ()
    # deepdiff takes longer to import than a plan without differences takes to make
    from deepdiff import DeepDiff  # noqa: PLC0415

    tree = DeepDiff(dict(old), dict(new), view="tree", verbose_level=2)
    found = []
    for level in (change for changes in tree.values() for change in changes):
        keys = tuple(level.path(output_format="list"))
        found.append((keys, _json(level.t1), _json(level.t2)))
    found.sort(key=lambda item: [(isinstance(key, str), key) for key in item[0]])
    return tuple(FieldDiff(path_text(keys), before, after) for keys, before, after in found)


def _one_sided(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldDiff, ...]:
    """List the sections of a whole document that comes or goes; a fleet of them is quick."""
    fields = [FieldDiff(path_text(keys), _json(value), None) for keys, value in _sections(old)]
    fields += [FieldDiff(path_text(keys), None, _json(value)) for keys, value in _sections(new)]
    return tuple(fields)


def _sections(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for section in sorted(document):
        members = document[section]
        if isinstance(members, Mapping) and members:
            for key in sorted(members):
                yield (section, key), members[key]
        else:
            yield (section,), members


def path_text(keys: Sequence[str | int]) -> str:
    """Write a path as in `spec.tasks[2].timeout`; odd keys are quoted."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        elif _PLAIN_KEY.match(key):
            text += f".{key}" if text else key
        else:
            text += f"[{json.dumps(key, ensure_ascii=False)}]"
    return text


def _document(resource: Resource | None) -> dict[str, Any]:
    if resource is None:
        return {}
    named = {"metadata": dict(resource.metadata), "spec": dict(resource.spec)}
    return {section: values for section, values in named.items() if values}


def _sources(resource: Resource | None) -> Mapping[str, str]:
    return {} if resource is None else resource.sources


def _json(value: Any) -> str | None:
    # deepdiff's marker for "not there" is no JSON value, and has no public type
    if type(value).__name__ == "NotPresent":
        return None
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _source_diffs(old: Mapping[str, str], new: Mapping[str, str]) -> list[FieldDiff]:
    fields = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before != after:
            path = path_text(("sources", name))
            text = _unified(before or "", after or "", name)
            fields.append(FieldDiff(path, _about(before), _about(after), text))
    return fields


def _about(text: str | None) -> str | None:
    if text is None:
        return None
    digest = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(f"{len(text.splitlines())} lines, sha256 {digest[:12]}")


def _unified(before: str, after: str, name: str) -> str:
    lines = list(
        difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"a/{name}", f"b/{name}", lineterm=""
        )
    )
    if len(lines) > DIFF_LINES:
        left_out = len(lines) - DIFF_LINES
        lines = [*lines[:DIFF_LINES], f"... {left_out} more lines"]
    return "\n".join(lines)
