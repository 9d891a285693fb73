"""May a saved plan be applied once more? Only where its own apply was killed half way. Pure.

A killed apply is simply run again. With a plan file that means: what its first attempt changed -
the repository's serial, the instances it had begun to install - does not make it stale.
"""

from __future__ import annotations

from dataclasses import replace

from dtm.reconcile import planfile
from dtm.reconcile.changes import Plan
from dtm.repository.records import ApplyRecord, ApplyState


def tolerated(
    saved: Plan, current: Plan, last: ApplyRecord | None, touched: frozenset[str]
) -> Plan:
    """Return `current` with everything put back that a killed apply of `saved` changed itself.

    `last` is the newest apply on record and `touched` the instances it began to install.
    """
    base = current.base
    if not saved.base.lineage and base.serial == 0:
        # the schema was made, nothing was written: by `dtm init`, or by an apply killed at once
        first = saved.base
        base = replace(base, lineage=first.lineage, schema_version=first.schema_version)
    if last is None or not _is_killed_apply_of(saved, last):
        return replace(current, base=base)
    if last.serial_after == base.serial:
        before = saved.base
        base = replace(base, serial=before.serial, schema_version=before.schema_version)
        if not before.lineage:
            base = replace(base, lineage="")
    reports = {report.name: report for report in saved.instances}
    instances = tuple(
        reports.get(report.name, report) if report.name in touched else report
        for report in current.instances
    )
    return replace(current, base=base, instances=instances)


def _is_killed_apply_of(saved: Plan, last: ApplyRecord) -> bool:
    killed = last.state in (ApplyState.RUNNING, ApplyState.INTERRUPTED)
    return killed and last.header.plan_digest == planfile.digest(saved)
