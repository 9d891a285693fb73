"""Packages whose effect lies outside the database: their calls are recorded and do nothing.

`Runtime.private["recorded"]` keeps (package, subprogram, values) of a session's last calls.
PL/SQL Packages and Types Reference 19c has the specifications; the frequently used part is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime

MAX_RECORDED = 1000

SPECIFICATIONS: dict[str, str] = {
    "DBMS_JOB": """PACKAGE dbms_job AS
  PROCEDURE submit(job OUT BINARY_INTEGER, what IN VARCHAR2, next_date IN DATE DEFAULT SYSDATE,
    interval IN VARCHAR2 DEFAULT 'null', no_parse IN BOOLEAN DEFAULT FALSE,
    instance IN BINARY_INTEGER DEFAULT 0, force IN BOOLEAN DEFAULT FALSE);
  PROCEDURE remove(job IN BINARY_INTEGER);
  PROCEDURE run(job IN BINARY_INTEGER, force IN BOOLEAN DEFAULT FALSE);
  PROCEDURE broken(job IN BINARY_INTEGER, broken IN BOOLEAN, next_date IN DATE DEFAULT SYSDATE);
END;""",
    "UTL_MAIL": """PACKAGE utl_mail AS
  PROCEDURE send(sender IN VARCHAR2, recipients IN VARCHAR2, cc IN VARCHAR2 DEFAULT NULL,
    bcc IN VARCHAR2 DEFAULT NULL, subject IN VARCHAR2 DEFAULT NULL,
    message IN VARCHAR2 DEFAULT NULL,
    mime_type IN VARCHAR2 DEFAULT 'text/plain; charset=us-ascii',
    priority IN PLS_INTEGER DEFAULT 3, replyto IN VARCHAR2 DEFAULT NULL);
END;""",
    "DBMS_MONITOR": """PACKAGE dbms_monitor AS
  PROCEDURE session_trace_enable(session_id IN BINARY_INTEGER DEFAULT NULL,
    serial_num IN BINARY_INTEGER DEFAULT NULL, waits IN BOOLEAN DEFAULT TRUE,
    binds IN BOOLEAN DEFAULT FALSE, plan_stat IN VARCHAR2 DEFAULT NULL);
  PROCEDURE session_trace_disable(session_id IN BINARY_INTEGER DEFAULT NULL,
    serial_num IN BINARY_INTEGER DEFAULT NULL);
END;""",
    "DBMS_RESUMABLE": """PACKAGE dbms_resumable AS
  PROCEDURE abort(sessionid IN NUMBER);
  PROCEDURE set_timeout(timeout IN NUMBER);
  PROCEDURE set_session_timeout(sessionid IN NUMBER, timeout IN NUMBER);
END;""",
    "DBMS_SYSTEM": """PACKAGE dbms_system AS
  PROCEDURE ksdwrt(dest IN BINARY_INTEGER, tst IN VARCHAR2);
END;""",
}


def recorded(rt: Runtime) -> list[tuple[str, str, tuple[Any, ...]]]:
    """This session's calls of recording packages, oldest first."""
    calls: list[tuple[str, str, tuple[Any, ...]]] = rt.private.setdefault("recorded", [])
    return calls


def _recorder(package: str, name: str) -> Callable[..., Any]:
    def record(rt: Runtime, *values: Any) -> Any:
        calls = recorded(rt)
        calls.append((package, name, values))
        del calls[:-MAX_RECORDED]
        return len(calls)

    return record


for _package, _specification in SPECIFICATIONS.items():
    _built_in = registry.package(_package, _specification, stub=True)
    for _name in re.findall(r"(?:PROCEDURE|FUNCTION)\s+(\w+)", _specification):
        _built_in.body(_name.upper())(_recorder(_package, _name.upper()))
