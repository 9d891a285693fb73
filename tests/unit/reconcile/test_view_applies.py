"""The record of applies, as people and programs read it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from dtm.cli import view_applies
from dtm.model.resources import Kind
from dtm.repository.records import (
    ApplyHeader,
    ApplyRecord,
    ApplyState,
    ChangeRecord,
    FieldRecord,
    Outcome,
)

WHEN = datetime.fromisoformat("2026-01-02T03:04:05")  # as the repository returns it: naive, UTC
HEADER = ApplyHeader("ada", "host", "c0ffee", "p" * 64, "m" * 64, "1.0", 7)
APPLY = ApplyRecord(3, ApplyState.FAILED, WHEN, WHEN, HEADER, 8, None)
FIELDS = (
    FieldRecord("spec.a", "1", "2"),
    FieldRecord("spec.b", None, "2"),
    FieldRecord("spec.c", "1", None),
)
CHANGES = (
    ChangeRecord(1, "update", Kind.OPERATION, "op", None, None, "3 fields differ",
                 Outcome.DONE, None, FIELDS),
    ChangeRecord(2, "install", Kind.PACKAGE, "P", "i1", "prod", "not there yet",
                 Outcome.FAILED, "p.pkb:3:5: wrong\nand more"),
)  # fmt: skip


def test_the_list_fits_80_columns():
    shown = view_applies.list_text([replace(APPLY, header=replace(HEADER, host="h" * 90)), APPLY])
    assert max(map(len, shown.splitlines())) <= 80
    assert "    3  2026-01-02 03:04:05  FAILED       ada@host" in shown
    assert view_applies.list_text([]) == "Nothing was ever applied here.\n"


def test_one_apply_shows_fields_and_failures():
    shown = view_applies.show_text(APPLY, CHANGES)
    assert "  serial    7 -> 8\n" in shown
    assert "  done        update Operation op: 3 fields differ\n" in shown
    assert "      spec.a: 1 -> 2\n      spec.b: 2 (new)\n      spec.c: 1 (removed)\n" in shown
    assert "! failed      install Package P on i1: not there yet\n" in shown
    assert "      p.pkb:3:5: wrong\n      and more\n" in shown


def test_an_apply_that_was_killed_shows_what_is_missing():
    killed = replace(APPLY, finished_at=None, serial_after=None, error="ORA-03113")
    shown = view_applies.show_text(killed, ())
    assert "not finished" in shown
    assert "7 -> not written" in shown
    assert "ORA-03113" in shown


def test_json_has_a_format_version_and_utc_times():
    listed = json.loads(view_applies.list_json([APPLY]))
    assert listed["format_version"] == 1
    assert listed["applies"][0]["started_at"] == "2026-01-02T03:04:05Z"
    shown = json.loads(view_applies.show_json(APPLY, CHANGES))
    assert shown["changes"][1]["outcome"] == "FAILED"
    assert shown["changes"][0]["fields"][1] == {"path": "spec.b", "old": None, "new": "2"}
