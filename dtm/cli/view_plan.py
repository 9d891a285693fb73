"""A plan and an apply as text, Markdown and JSON. Pure: values in, text out.

Text fits 80 columns and means the same without colour. The Markdown is a pull request comment that
stays readable for 200 instances and within GitHub's 65,536 characters.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from dtm.reconcile import planfile
from dtm.reconcile.apply import ApplyReport
from dtm.reconcile.changes import CONFIG_ACTIONS, Action, Change, Contact, FieldDiff, Plan, Risk
from dtm.reconcile.events import Event, EventKind
from dtm.reconcile.groups import Group, groups
from dtm.repository.records import Outcome

SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.RENAME: "~",
    Action.DELETE: "-",
    Action.INSTALL: ">",
    Action.RELEASE: ">",
}
MARKDOWN_LIMIT = 60_000  # characters; GitHub refuses a comment of more than 65,536
NAMES_SHOWN = 6
VALUE_SHOWN = 60
_KEEP = "\N{NO-BREAK SPACE}"  # inside a line, where it must not be wrapped

# --- text


def text(plan: Plan, *, width: int = 80, details: bool = True) -> str:
    """Return the plan for a terminal; `details` False leaves out the fields."""
    lines = [*_notes(plan, width)]
    found = groups(plan)
    config = [group for group in found if group.first.action in CONFIG_ACTIONS]
    installs = [group for group in found if group.first.action not in CONFIG_ACTIONS]
    if plan.migrations:
        lines += ["Repository schema", *(f"  + {name}" for name in plan.migrations), ""]
    if config:
        lines.append("Repository")
        for group in config:
            lines += _config_lines(group, width, details=details)
        lines.append("")
    if installs:
        lines.append("Packages")
        for group in installs:
            lines += _install_lines(group, width)
        lines.append("")
    return "\n".join([*lines, *_wrap(summary(plan), width)]) + "\n"


def summary(plan: Plan) -> str:
    """Say in one sentence what the plan does."""
    if plan.empty:
        away = f" {_count(len(plan.away), 'instance')} could not be read." if plan.away else ""
        looked = "" if not plan.offline else " (offline: no instance was looked at)"
        return f"Nothing to do: {_count(plan.resources, 'resource')} as applied{looked}.{away}"
    counts = plan.counts()
    words = [
        f"{counts[action]} to {action.value}" for action in CONFIG_ACTIONS if action in counts
    ]
    work = [change for change in plan.changes if change.action not in CONFIG_ACTIONS]
    installs = sum(change.action is Action.INSTALL for change in work)
    where = len({change.instance for change in work})
    if installs:
        words.append(f"{_count(installs, 'package install')} on {_count(where, 'instance')}")
    elif work:
        words.append(f"{_count(len(work), 'release')} on {_count(where, 'instance')}")
    if plan.migrations:
        words.insert(0, _count(len(plan.migrations), "schema migration"))
    parts = [f"Plan: {', '.join(words)}."]
    if plan.away:
        parts.append(f"{_count(len(plan.away), 'instance')} could not be read.")
    if plan.offline:
        parts.append("Offline: no instance was looked at.")
    if plan.needs_confirmation:
        names = " ".join(f"--confirm {name}" for name in plan.needs_confirmation)
        parts.append(f"Applying it needs {names}.")
    return " ".join(parts)


def _notes(plan: Plan, width: int) -> Iterator[str]:
    for report in plan.away:
        yield from _wrap(f"! {report.name}: {report.contact}: {report.message}", width, "  ")
    for warned in plan.warnings:
        where = f"{warned.instance}: " if warned.instance else ""
        yield from _wrap(f"! {where}{warned.message}", width, "  ")
    if plan.away or plan.warnings:
        yield ""


def _config_lines(group: Group, width: int, *, details: bool) -> Iterator[str]:
    change = group.first
    sign = SIGNS[change.action]
    if change.action in (Action.CREATE, Action.DELETE) and len(group.changes) > 1:
        head = f"  {sign} {_count(len(group.changes), change.target.kind.value)}: "
        yield from _wrap(head + names(group.places, 12) + _marks(change), width, "      ")
        return
    where = names(group.places) if len(group.changes) > 1 else change.target.name
    what = f"  {sign} {change.target.kind.value} {where}"
    reason = "" if change.action is Action.CREATE else f": {change.reason}"
    yield from _wrap(f"{what}{reason}{_marks(change)}", width, "      ")
    if details and change.action in (Action.UPDATE, Action.RENAME):
        for field in change.fields:
            yield from _wrap(f"      {field_text(field)}", width, "        ")


def _install_lines(group: Group, width: int) -> Iterator[str]:
    change = group.first
    verb = "release" if change.action is Action.RELEASE else "install"
    version = f" {change.version[:12]}" if change.version else ""
    head = f"  {SIGNS[change.action]} {verb} {change.target.name}{version}: {change.reason}"
    yield from _wrap(head + _marks(change), width, "      ")
    if len({(unit.state, unit.note) for unit in change.units}) == 1:
        yield from _wrap(f"      {_keys(change)}", width, "        ")
    else:
        for unit in change.units:
            note = f" ({unit.note})" if unit.note else ""
            yield from _wrap(f"      {unit.key}: {unit.state}{note}", width, "        ")
    share = f"on {len(group.changes)} of {group.total}: "
    yield from _wrap(f"      {share}{names(group.places)}", width, "        ")


def _keys(change: Change) -> str:
    """List the units of a change that are all in the state its reason names."""
    note = change.units[0].note
    keys = ", ".join(str(unit.key).replace(" ", _KEEP) for unit in change.units)
    return f"{keys} ({note})" if note else keys


def names(found: Sequence[str], limit: int = NAMES_SHOWN) -> str:
    """List names, the first few of many."""
    if len(found) <= limit + 1:
        return ", ".join(found)
    return f"{', '.join(found[:limit])} and {len(found) - limit} more"


def field_text(field: FieldDiff) -> str:
    """Write one field difference on one line."""
    if field.old is None:
        return f"{field.path}: {_value(field.new)} (new)"
    if field.new is None:
        return f"{field.path}: {_value(field.old)} (removed)"
    return f"{field.path}: {_value(field.old)} -> {_value(field.new)}"


def _value(value: str | None) -> str:
    shown = value or ""
    return shown if len(shown) <= VALUE_SHOWN else f"{shown[: VALUE_SHOWN - 3]}..."


def _marks(change: Change) -> str:
    shown = [risk.value for risk in change.risks if risk is not Risk.PROTECTED]
    if Risk.PROTECTED in change.risks:
        shown.append(f"needs --confirm {change.environment}")
    return f" [{', '.join(shown).replace(' ', _KEEP)}]" if shown else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _wrap(line: str, width: int, indent: str = "") -> list[str]:
    lines = textwrap.wrap(
        line, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
    return [text.replace(_KEEP, " ") for text in lines] or [""]


# --- Markdown


def markdown(plan: Plan, *, title: str = "dtm plan", limit: int = MARKDOWN_LIMIT) -> str:
    """Return the plan as a pull request comment; cut, and saying so, where it would be too long."""
    away = [f"- :warning: `{r.name}` {r.contact}: {_cell(r.message)}" for r in plan.away]
    warned = [
        f"- :warning: {f'`{w.instance}` ' if w.instance else ''}{_cell(w.message)}"
        for w in plan.warnings
    ]
    blank = [""] if away or warned else []
    body = "\n".join([f"## {title}", "", summary(plan), "", *away, *warned, *blank, ""])
    sections = [_markdown_table(plan), *_markdown_details(plan), _markdown_base(plan)]
    for number, section in enumerate(sections):
        if len(body) + len(section) > limit:
            left_out = len(sections) - number
            return f"{body}\n_{left_out} more sections do not fit here; see the plan file._\n"
        body += section
    return body


def _markdown_table(plan: Plan) -> str:
    if plan.empty:
        return ""
    rows = ["| | what | where | why |", "| --- | --- | --- | --- |"]
    rows += [f"| `+` | schema {name} | repository | new |" for name in plan.migrations]
    for group in groups(plan):
        change = group.first
        what = f"{change.action.value} {change.target.kind.value}"
        if change.instance is not None or len(group.changes) == 1:
            what = f"{what} `{change.target.name}`"
        where = "repository"
        if change.instance is not None:
            where = f"{len(group.changes)} of {group.total}: {names(group.places)}"
        elif len(group.changes) > 1:
            where = f"{len(group.changes)}: {names(group.places)}"
        why = _cell(change.reason + _marks(change))
        rows.append(f"| `{SIGNS[change.action]}` | {what} | {where} | {why} |")
    return "\n".join(rows) + "\n\n"


def _markdown_details(plan: Plan) -> Iterator[str]:
    for group in groups(plan):
        change = group.first
        if change.action not in (Action.UPDATE, Action.RENAME):
            continue
        same = f" and {len(group.changes) - 1} more" if len(group.changes) > 1 else ""
        lines = [f"<details><summary>{change.target}{same}</summary>", "", "```diff"]
        for field in change.fields:
            lines += [field.text] if field.text else _diff_lines(field)
        yield "\n".join([*lines, "```", "</details>", "", ""])


def _diff_lines(field: FieldDiff) -> list[str]:
    sides = (("-", field.old), ("+", field.new))
    return [f"{sign} {field.path}: {value}" for sign, value in sides if value is not None]


def _markdown_base(plan: Plan) -> str:
    base = plan.base
    parts = [f"serial {base.serial}", f"manifests `{base.manifest_digest[:12]}`"]
    if base.commit:
        parts.append(f"commit `{base.commit[:12]}`")
    read = sum(report.contact is Contact.READ for report in plan.instances)
    parts.append(f"{_count(read, 'instance')} read")
    return f"<sub>dtm {base.tool_version}, {', '.join(parts)}</sub>\n"


def _cell(value: str) -> str:
    return " ".join(value.split()).replace("|", "\\|")


# --- JSON


def json_text(plan: Plan) -> str:
    """Return the plan as JSON with its format version: what `-o` saves."""
    return planfile.save(plan)


# --- apply

_EVENTS = {
    EventKind.READ: "read      ",
    EventKind.AWAY: "away      ",
    EventKind.MIGRATED: "migrated  ",
    EventKind.WRITTEN: "written   ",
    EventKind.WAVE: "wave      ",
    EventKind.INSTALLED: "installed ",
    EventKind.FAILED: "FAILED    ",
    EventKind.SKIPPED: "skipped   ",
    EventKind.BUSY: "busy      ",
    EventKind.RELEASED: "released  ",
}


def apply_event(event: Event) -> str:
    """Return one line per event; further lines of its message are indented."""
    what = " ".join(part for part in (event.instance, event.package) if part)
    first, *rest = event.message.splitlines() or [""]
    line = f"{_EVENTS[event.kind]}{': '.join(part for part in (what, first) if part)}"
    return "\n".join([line, *(f"            {more}" for more in rest)])


def apply_text(report: ApplyReport, *, width: int = 80) -> str:
    """Return what an apply did; what did not succeed, in full."""
    if report.apply_id is None and report.plan.migrations:
        return f"Repository schema is up to date: {', '.join(report.plan.migrations)}.\n"
    if report.apply_id is None:
        return summary(report.plan) + "\n"
    lines = []
    for one in report.applied:
        if one.outcome is not Outcome.DONE:
            head = f"! {one.outcome.value.lower()} {one.change.id}"
            lines.append(head)
            lines += [f"    {line}" for line in one.message.splitlines()]
    done = report.count(Outcome.DONE)
    rest = len(report.applied) - done
    words = f"Apply {report.apply_id}: {_count(done, 'change')} done"
    words += f", {rest} not" if rest else ""
    words += f"; {_count(len(report.plan.away), 'instance')} away" if report.plan.away else ""
    return "\n".join([*lines, *_wrap(f"{words}. Serial {report.serial}.", width)]) + "\n"
