"""USER_SCHEDULER_JOBS: what DBMS_SCHEDULER was told. Database Reference 19c."""

from __future__ import annotations

from collections.abc import Iterator

from dtm.sandbox.sql.dictionary_base import Reader, Registry, Values
from dtm.sandbox.sql.encoding import encode
from dtm.sandbox.sql.privileges import has_system_privilege

_COLUMNS = (
    "OWNER:v128 JOB_NAME:v128 JOB_SUBNAME:v128 JOB_STYLE:v17 JOB_CREATOR:v128 PROGRAM_NAME:v4000 "
    "JOB_TYPE:v16 JOB_ACTION:v4000 NUMBER_OF_ARGUMENTS:n START_DATE:z REPEAT_INTERVAL:v4000 "
    "END_DATE:z ENABLED:v5 AUTO_DROP:v5 STATE:v20 RUN_COUNT:n FAILURE_COUNT:n "
    "LAST_START_DATE:z NEXT_RUN_DATE:z COMMENTS:v4000"
)


def _jobs(reader: Reader) -> Iterator[Values]:
    jobs = reader.instance.attributes.get("scheduler jobs") or {}
    context = reader.context
    everything = has_system_privilege(
        reader.instance.catalog, context.user, "SELECT ANY DICTIONARY"
    )
    for (owner, name), job in sorted(jobs.items()):
        if owner != context.user and not everything:
            continue
        enabled = bool(job["ENABLED"])
        start = encode(job["START_DATE"])
        yield (
            owner, name, None, "REGULAR", job["JOB_CREATOR"], None, job["JOB_TYPE"],
            job["JOB_ACTION"], job["NUMBER_OF_ARGUMENTS"], start, job["REPEAT_INTERVAL"],
            encode(job["END_DATE"]), str(enabled).upper(), str(bool(job["AUTO_DROP"])).upper(),
            "SCHEDULED" if enabled else "DISABLED", 0, 0, None, start if enabled else None,
            job["COMMENTS"],
        )  # fmt: skip


def register(registry: Registry) -> None:
    """The family of views."""
    registry.families({"SCHEDULER_JOBS": (_COLUMNS, _jobs, "JOB_NAME")})
