"""Field-level differences: paths as in the manifest, stable order."""

from __future__ import annotations

from typing import Any

import pytest

from dtm.model.resources import Kind
from dtm.reconcile.diff import DIFF_LINES, differences, path_text, resource_diff
from tests.unit.reconcile.facts import resource

CASES: dict[
    str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str | None, str | None]]]
] = {
    "equal": ({"a": 1}, {"a": 1}, []),
    "value": ({"a": 1}, {"a": 2}, [("a", "1", "2")]),
    "type": ({"a": 1}, {"a": "1"}, [("a", "1", '"1"')]),
    "comes": ({}, {"a": {"b": True}}, [("a.b", None, "true")]),
    "goes": ({"a": None}, {}, [("a", "null", None)]),
    "added": ({"x": 1}, {"x": 1, "a": {"b": True}}, [("a", None, '{"b": true}')]),
    "removed": ({"x": 1, "a": None}, {"x": 1}, [("a", "null", None)]),
    "to null": ({"a": 1}, {"a": None}, [("a", "1", "null")]),
    "nested list": (
        {"t": [{"n": "x", "s": 1}, {"n": "y", "s": 1}]},
        {"t": [{"n": "x", "s": 1}, {"n": "y", "s": 2}]},
        [("t[1].s", "1", "2")],
    ),
    "item appended": ({"t": [1]}, {"t": [1, 2]}, [("t[1]", None, "2")]),
    "odd key": ({"l": {"a.b": 1}}, {"l": {"a.b": 2}}, [('l["a.b"]', "1", "2")]),
    "order of paths": (
        {"b": 1, "a": {"z": 1, "c": 1}},
        {"b": 2, "a": {"z": 2, "c": 2}},
        [("a.c", "1", "2"), ("a.z", "1", "2"), ("b", "1", "2")],
    ),
    "boolean is no number": ({"a": 1}, {"a": True}, [("a", "1", "true")]),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_differences(case):
    old, new, expected = CASES[case]
    assert [(f.path, f.old, f.new) for f in differences(old, new)] == expected


def test_paths():
    assert path_text(("spec", "tasks", 2, "timeout")) == "spec.tasks[2].timeout"


def test_sources_are_shown_as_a_unified_diff_that_is_cut():
    old = resource(Kind.PACKAGE, "P", {}, {"p.pkb": "one\ntwo\n"})
    new = resource(Kind.PACKAGE, "P", {}, {"p.pkb": "one\n" + "x\n" * 500})
    (found,) = resource_diff(old, new)
    assert found.path == 'sources["p.pkb"]'
    lines = (found.text or "").splitlines()
    assert lines[:2] == ["--- a/p.pkb", "+++ b/p.pkb"]
    assert len(lines) == DIFF_LINES + 1
    assert lines[-1].startswith("... ")
