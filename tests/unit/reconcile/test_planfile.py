"""Saved plans: they come back as they were, and each stale ingredient is named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dtm.errors import ExitCode, StalePlan, UsageError
from dtm.reconcile import planfile
from dtm.reconcile.changes import Contact, Plan
from dtm.reconcile.live import Live, NotRead
from tests.unit.reconcile.facts import ALL, BODY, fleet, installed, live, plan, recorded

FLEET = fleet("i1", "i2")
SEEN: dict[str, Live] = {
    "i1": live(ALL | {BODY: "by hand"}),
    "i2": NotRead(Contact.UNREACHABLE, "no answer"),
}
PLAN = plan(FLEET, recorded(FLEET[1:], readbacks=installed("i1")), SEEN)


def test_a_plan_comes_back_as_it_was():
    assert planfile.load(planfile.save(PLAN)) == PLAN
    assert planfile.digest(planfile.load(planfile.save(PLAN))) == planfile.digest(PLAN)


def test_an_unchanged_plan_is_not_stale():
    planfile.check(planfile.load(planfile.save(PLAN)), PLAN)


def base(**change: Any) -> Plan:
    return replace(PLAN, base=replace(PLAN.base, **change))


def seen(**change: Live) -> Plan:
    return plan(FLEET, recorded(FLEET[1:], readbacks=installed("i1")), SEEN | change)


STALE = {
    "lineage": (base(lineage="other"), "repository lineage was line, is other"),
    "serial": (base(serial=8), "repository serial was 7, is 8"),
    "schema": (base(schema_version=2), "repository schema version was 1, is 2"),
    "manifests": (base(manifest_digest="e" * 64), "manifest digest was digest, is eeeeeeeeeeee"),
    "commit": (base(commit=None), "git commit was c0ffee, is nothing"),
    "tool": (base(tool_version="1.1"), "tool version was 1.0, is 1.1"),
    "instance changed": (seen(i1=live(ALL)), "instance i1 no longer holds what it held"),
    "instance back": (seen(i2=live()), "instance i2 was unreachable, is read"),
    "instance away": (
        seen(i1=NotRead(Contact.UNREACHABLE, "gone")),
        "instance i1 was read, is unreachable",
    ),
    "instance gone": (replace(PLAN, instances=PLAN.instances[1:]), "i1 is no longer part of it"),
}


@pytest.mark.parametrize("case", STALE, ids=str)
def test_each_stale_ingredient_is_named(case):
    current, message = STALE[case]
    with pytest.raises(StalePlan) as caught:
        planfile.check(PLAN, current)
    assert caught.value.exit_code is ExitCode.STALE
    assert message in caught.value.message


def test_a_new_instance_makes_it_stale():
    fewer = replace(PLAN, instances=PLAN.instances[1:])
    assert list(planfile.stale(fewer, PLAN)) == ["instance i1 is new"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a plan file"),
        ("[]", "no format_version"),
        ('{"a": 1}', "no format_version"),
        ('{"format_version": 99}', "format 99"),
        ('{"format_version": 1}', "damaged"),
    ],
)
def test_what_is_no_plan_file_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        planfile.load(text)


def test_the_file_is_json_of_a_known_format():
    assert json.loads(planfile.save(PLAN))["format_version"] == 1
