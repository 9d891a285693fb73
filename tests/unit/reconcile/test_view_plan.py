"""A plan as people read it: 80 columns, grouped, and a comment that fits for 200 instances."""

from __future__ import annotations

import json
from dataclasses import replace

from dtm.cli import view_plan
from dtm.reconcile.apply import ApplyReport
from dtm.reconcile.changes import Contact, FieldDiff, Plan
from dtm.reconcile.events import Event, EventKind
from dtm.reconcile.live import Live, NotRead
from dtm.reconcile.rollout import Applied
from dtm.reconcile.target import LiveTable
from dtm.repository.records import Outcome
from tests.unit.reconcile.facts import (
    ALL,
    BODY,
    environment,
    fleet,
    installed,
    instance,
    live,
    operation,
    plan,
    recorded,
    released,
)

NAMES = [f"sales-emea-{number:03d}" for number in range(1, 215)]


def big_plan() -> Plan:
    """214 instances: two drifted, one away, the rest one version behind."""
    before, after = fleet(*NAMES), fleet(*NAMES, body="new body")
    seen: dict[str, Live] = {name: live(ALL) for name in NAMES}
    seen[NAMES[0]] = live(ALL | {BODY: "by hand"})
    seen[NAMES[1]] = live(ALL | {BODY: "by hand"})
    seen[NAMES[2]] = NotRead(Contact.UNREACHABLE, "ORA-12541: no listener " + "x" * 80)
    known = recorded(before, readbacks=installed(*NAMES), releases=released(before, *NAMES))
    return plan(after, known, seen)


def test_text_fits_80_columns_and_groups_what_is_the_same():
    shown = view_plan.text(big_plan())
    assert max(map(len, shown.splitlines())) <= 80 + 80  # one word of the message is longer
    assert "on 211 of 214: sales-emea-004" in shown
    assert "and 205 more" in shown
    assert "on 2 of 214: sales-emea-001, sales-emea-002" in shown
    assert "[overwrites drift]" in shown
    assert "! sales-emea-003: unreachable: ORA-12541" in shown
    assert len(shown.splitlines()) < 40
    assert "\x1b" not in shown


def test_lines_wrap_at_the_width():
    shown = view_plan.text(plan(fleet(*NAMES[:30]), recorded(), {}), width=60)
    assert max(map(len, shown.splitlines())) <= 60


def test_markdown_of_200_instances_stays_readable():
    shown = view_plan.markdown(big_plan())
    assert len(shown) < 5000
    assert "211 of 214" in shown
    assert "-body" in shown
    assert "+new body" in shown


def test_a_comment_that_would_be_too_long_is_cut_and_says_so():
    shown = view_plan.markdown(big_plan(), limit=400)
    assert len(shown) <= 500
    assert "do not fit here" in shown


def test_a_pipe_in_a_message_does_not_break_the_table():
    seen = live(ALL, table=LiveTable(True, (), ("a | b",)))
    one = fleet("i1")
    known = recorded(one, readbacks=installed("i1"), releases=released(one, "i1"))
    assert "a \\| b" in view_plan.markdown(plan(one, known, {"i1": seen}))


def test_json_has_a_format_version():
    assert json.loads(view_plan.json_text(big_plan()))["format_version"] == 1


def test_summaries():
    one = fleet("i1")
    settled = recorded(one, readbacks=installed("i1"), releases=released(one, "i1"))
    assert view_plan.summary(plan(one, settled, {"i1": live(ALL)})) == (
        "Nothing to do: 5 resources as applied."
    )
    away: dict[str, Live] = {"i1": NotRead(Contact.UNREACHABLE, "x")}
    assert "1 instance could not be read" in view_plan.summary(plan(one, settled, away))
    assert view_plan.summary(plan(one, recorded(), {"i1": live()})) == (
        "Plan: 5 to create, 2 package installs on 1 instance."
    )
    assert "2 releases on 1 instance" in view_plan.summary(
        plan(one, recorded(one, readbacks=installed("i1")), {"i1": live(ALL)})
    )
    guarded = recorded([environment(protected=True), instance("i1")])
    assert "Applying it needs --confirm prod" in view_plan.summary(
        plan([environment(protected=True)], guarded, {})
    )


def test_fields():
    assert view_plan.field_text(FieldDiff("a.b", "1", "2")) == "a.b: 1 -> 2"
    assert view_plan.field_text(FieldDiff("a.b", None, "2")) == "a.b: 2 (new)"
    assert view_plan.field_text(FieldDiff("a.b", '"' + "x" * 99, None)).endswith("... (removed)")


def test_an_update_shows_its_fields():
    one = fleet("i1")
    changed = [*one[:3], operation(limits={"iterations": 5}), one[4]]
    known = recorded(one, readbacks=installed("i1"), releases=released(one, "i1"))
    shown = view_plan.text(plan(changed, known, {"i1": live(ALL)}))
    assert '      spec.limits: {"iterations": 5} (new)\n' in shown
    assert "spec.limits" not in view_plan.text(
        plan(changed, known, {"i1": live(ALL)}), details=False
    )


def test_an_apply_shows_what_failed_in_full():
    made = plan(fleet("i1"), recorded(), {"i1": live()})
    applied = [Applied(change, Outcome.DONE) for change in made.changes[:-1]]
    applied.append(Applied(made.changes[-1], Outcome.FAILED, "p.pkb:3:5: wrong\nand more"))
    shown = view_plan.apply_text(ApplyReport(made, 3, 8, tuple(applied)))
    assert shown == (
        "! failed install Package/P on i1\n    p.pkb:3:5: wrong\n    and more\n"
        "Apply 3: 6 changes done, 1 not. Serial 8.\n"
    )


def test_an_apply_of_migrations_only_says_so():
    made = replace(plan([], recorded(), {}), migrations=("0002_runs",))
    assert view_plan.apply_text(ApplyReport(made)) == (
        "Repository schema is up to date: 0002_runs.\n"
    )


def test_an_event_is_one_line_and_what_follows_is_indented():
    event = Event(EventKind.FAILED, "i1", "P", "p.pkb:1:1: one\np.pkb:2:1: two")
    assert view_plan.apply_event(event) == (
        "FAILED    i1 P: p.pkb:1:1: one\n            p.pkb:2:1: two"
    )
