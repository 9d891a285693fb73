"""COMPATIBILITY.md says what the registries say."""

from __future__ import annotations

from pathlib import Path

from dtm.sandbox.compatibility.document import text
from dtm.sandbox.compatibility.refusals import refusals

ROOT = Path(__file__).resolve().parents[3]


def test_the_committed_file_is_the_generated_text():
    """Out of date? python -m dtm.sandbox.compatibility > COMPATIBILITY.md"""
    assert (ROOT / "COMPATIBILITY.md").read_text(encoding="utf-8") == text()


def test_a_number_belongs_to_one_part_of_the_sandbox():
    areas: dict[int, set[str]] = {}
    for refusal in refusals():
        areas.setdefault(refusal.number, set()).add(refusal.area)
    assert len(areas) > 120
    assert {number: a for number, a in areas.items() if len(a) > 1} == {}


def test_refusals_are_read_from_every_form_of_call():
    found = {(r.number, r.construct) for r in refusals()}
    assert (192, "SKIP LOCKED") in found  # context.unsupported(...)
    assert (402, "CREATE ...") in found  # an f-string
    assert (120, "MODEL clause") in found  # number and construct from a table
    assert (604, "database link") in found  # raise Unsupported(...)
    assert (300, "EXPLAIN PLAN") in found  # unsupported(text, ...)
