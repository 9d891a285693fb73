"""DBMS_SCHEDULER as a recording stub: jobs are kept and shown in USER_SCHEDULER_JOBS; none runs.

PL/SQL Packages and Types Reference 19c, "DBMS_SCHEDULER". Creating and dropping jobs commits.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.builtins.names import split_name
from dtm.sandbox.interpreter.builtins.stubs import recorded
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError

PACKAGE = registry.package(
    "DBMS_SCHEDULER",
    """PACKAGE dbms_scheduler AS
  PROCEDURE create_job(job_name VARCHAR2, job_type VARCHAR2, job_action VARCHAR2,
    number_of_arguments PLS_INTEGER DEFAULT 0, start_date TIMESTAMP WITH TIME ZONE DEFAULT NULL,
    repeat_interval VARCHAR2 DEFAULT NULL, end_date TIMESTAMP WITH TIME ZONE DEFAULT NULL,
    job_class VARCHAR2 DEFAULT 'DEFAULT_JOB_CLASS', enabled BOOLEAN DEFAULT FALSE,
    auto_drop BOOLEAN DEFAULT TRUE, comments VARCHAR2 DEFAULT NULL,
    credential_name VARCHAR2 DEFAULT NULL, destination_name VARCHAR2 DEFAULT NULL);
  PROCEDURE run_job(job_name VARCHAR2, use_current_session BOOLEAN DEFAULT TRUE);
  PROCEDURE stop_job(job_name VARCHAR2, force BOOLEAN DEFAULT FALSE,
    commit_semantics VARCHAR2 DEFAULT 'STOP_ON_FIRST_ERROR');
  PROCEDURE drop_job(job_name VARCHAR2, force BOOLEAN DEFAULT FALSE, defer BOOLEAN DEFAULT FALSE,
    commit_semantics VARCHAR2 DEFAULT 'STOP_ON_FIRST_ERROR');
  PROCEDURE enable(name VARCHAR2, commit_semantics VARCHAR2 DEFAULT 'STOP_ON_FIRST_ERROR');
  PROCEDURE disable(name VARCHAR2, force BOOLEAN DEFAULT FALSE,
    commit_semantics VARCHAR2 DEFAULT 'STOP_ON_FIRST_ERROR');
  PROCEDURE set_attribute(name VARCHAR2, attribute VARCHAR2, value BOOLEAN);
  PROCEDURE set_attribute(name VARCHAR2, attribute VARCHAR2, value VARCHAR2,
    value2 VARCHAR2 DEFAULT NULL);
  PROCEDURE set_attribute_null(name VARCHAR2, attribute VARCHAR2);
  PROCEDURE set_job_argument_value(job_name VARCHAR2, argument_position PLS_INTEGER,
    argument_value VARCHAR2);
  FUNCTION generate_job_name(prefix VARCHAR2 DEFAULT 'JOB$_') RETURN VARCHAR2;
END;""",
    stub=True,
)
_TYPES = (
    "PLSQL_BLOCK",
    "STORED_PROCEDURE",
    "EXECUTABLE",
    "CHAIN",
    "SQL_SCRIPT",
    "EXTERNAL_SCRIPT",
)
Job = dict[str, Any]


def _key(rt: Runtime, name: str | None) -> tuple[str, str]:
    parts = split_name(name)
    if not 1 <= len(parts) <= 2:
        raise OraError(27452, message=f'"{name}" is an invalid name for a database object.')
    return (parts[0] if len(parts) == 2 else rt.context.current_schema), parts[-1]


def _existing(rt: Runtime, name: str | None, code: int = 27476) -> Job:
    """ORA-27476, or ORA-27475 when it is to be dropped or stopped."""
    owner, job = _key(rt, name)
    found: Job | None = rt.catalog.jobs().get((owner, job))
    if found is None:
        text = f'"{owner}"."{job}" does not exist'
        if code == 27475:
            text = f'unknown job "{owner}"."{job}"'
        raise OraError(code, message=text)
    return found


@PACKAGE.body("CREATE_JOB")
def create_job(rt: Runtime, name: str, kind: str, action: str, *rest: Any) -> None:
    """ORA-27477 for a name in use, ORA-27451 for a type there is none of."""
    owner, job = _key(rt, name)
    jobs = rt.catalog.jobs()
    if (owner, job) in jobs:
        raise OraError(27477, message=f'"{owner}"."{job}" already exists')
    if (kind or "").upper() not in _TYPES:
        raise OraError(27451, message="invalid value for attribute JOB_TYPE")
    arguments, start, interval, end, _class, enabled, auto_drop, comments, *_ = rest
    rt.transaction_allowed("COMMIT")
    rt.sql.commit()
    jobs[(owner, job)] = {
        "JOB_NAME": job, "JOB_CREATOR": rt.context.user, "JOB_TYPE": kind.upper(),
        "JOB_ACTION": action, "NUMBER_OF_ARGUMENTS": arguments, "START_DATE": start,
        "REPEAT_INTERVAL": interval, "END_DATE": end, "ENABLED": bool(enabled),
        "AUTO_DROP": bool(auto_drop), "COMMENTS": comments, "CREATED": dt.datetime.now(dt.UTC),
    }  # fmt: skip
    _note(rt, "CREATE_JOB", name, kind, action)


def _note(rt: Runtime, name: str, *values: Any) -> None:
    recorded(rt).append(("DBMS_SCHEDULER", name, values))


@PACKAGE.body("RUN_JOB")
def run_job(rt: Runtime, name: str, *_rest: Any) -> None:
    """Recorded: nothing runs."""
    _existing(rt, name, 27475)
    _note(rt, "RUN_JOB", name)


@PACKAGE.body("STOP_JOB")
def stop_job(rt: Runtime, name: str, *_rest: Any) -> None:
    """No job is ever running: ORA-27366."""
    _existing(rt, name, 27475)
    owner, job = _key(rt, name)
    raise OraError(27366, message=f'job "{owner}"."{job}" is not running')


@PACKAGE.body("DROP_JOB")
def drop_job(rt: Runtime, names: str, *_rest: Any) -> None:
    """One job, or several with commas between."""
    rt.transaction_allowed("COMMIT")
    for name in (names or "").split(","):
        _existing(rt, name, 27475)
        rt.sql.commit()
        del rt.catalog.jobs()[_key(rt, name)]
        _note(rt, "DROP_JOB", name)


@PACKAGE.body("ENABLE")
def enable(rt: Runtime, names: str, _semantics: str | None) -> None:
    """Shown as enabled."""
    for name in (names or "").split(","):
        _existing(rt, name)["ENABLED"] = True


@PACKAGE.body("DISABLE")
def disable(rt: Runtime, names: str, *_rest: Any) -> None:
    """Shown as disabled."""
    for name in (names or "").split(","):
        _existing(rt, name)["ENABLED"] = False


def _set_attribute(rt: Runtime, name: str, attribute: str, value: Any, *_more: Any) -> None:
    """What the view shows of it changes."""
    job, key = _existing(rt, name), (attribute or "").upper()
    if key in job:
        job[key] = value
    _note(rt, "SET_ATTRIBUTE", name, attribute, value)


PACKAGE.body("SET_ATTRIBUTE")(_set_attribute)
PACKAGE.body("SET_ATTRIBUTE")(_set_attribute)


@PACKAGE.body("SET_ATTRIBUTE_NULL")
def set_attribute_null(rt: Runtime, name: str, attribute: str) -> None:
    """No value any more."""
    _set_attribute(rt, name, attribute, None)


@PACKAGE.body("SET_JOB_ARGUMENT_VALUE")
def set_job_argument_value(rt: Runtime, name: str, position: int, value: str | None) -> None:
    """Recorded."""
    _existing(rt, name, 27475)
    _note(rt, "SET_JOB_ARGUMENT_VALUE", name, position, value)


@PACKAGE.body("GENERATE_JOB_NAME")
def generate_job_name(rt: Runtime, prefix: str | None) -> str:
    """A name no job has."""
    number: int = rt.private.get("job_number", 0) + 1
    while (rt.context.current_schema, f"{prefix or ''}{number}".upper()) in rt.catalog.jobs():
        number += 1
    rt.private["job_number"] = number
    return f"{prefix or ''}{number}".upper()
