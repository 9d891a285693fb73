"""The one table of Oracle and driver error numbers: what each means for a run, and a hint.

Sources: Oracle Database Error Messages; the driver's error cross reference. A number in no class
is permanent: it is reported and never retried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum


class ErrorClass(StrEnum):
    """What an error says about the work that was asked for."""

    TRANSIENT_CONNECT = "transient-connect"  # nothing ran: retry with backoff and jitter
    TRANSIENT = "transient"  # the statement failed, the session lives
    NEW_SESSION = "new-session"  # code was replaced under the session: once more in a new one
    UNKNOWN_OUTCOME = "unknown-outcome"  # look at the marker, never guess
    SPACE = "space"  # a person enlarges something, then the run is resumed
    PERMANENT = "permanent"
    CANCELLED = "cancelled"


def _ora(numbers: str) -> frozenset[str]:
    return frozenset(f"ORA-{number.zfill(5)}" for number in numbers.split())


def _dpy(numbers: str) -> frozenset[str]:
    return frozenset(f"DPY-{number}" for number in numbers.split())


# While connecting. DPY-6001 (no such service) and DPY-6003 (no such SID) stand for 12514 and 12505.
CONNECT = _ora(
    "12170 12514 12516 12518 12519 12520 12526 12528 12537 12541 12543 12545 12547 12564 "
    "18 20 2391 1033 1034 1089 1090"
) | _dpy("6000 6001 6005 4011")
BUSY = _ora("60 54 30006 4021 8177 1555 2049 12827 12829")
STALE_CODE = _ora("4068 4061 4065 6508")
LOST = _ora(
    "3113 3114 3135 28 31 600 602 603 1012 1041 1089 1092 2396 12570 12571 12537 12547 27146 25405"
) | _dpy("4011 1001")
SPACE = _ora(
    "1536 1650 1651 1652 1653 1654 1655 1658 1659 1683 1688 1691 1692 1628 1631 1632 30032 30036"
)
PERMANENT = _ora(
    "1017 28000 28001 1045 1031 942 904 6550 1 1400 2290 2291 2292 16000 1005 4043 4063 955"
)
CANCELLED = _ora("1013") | _dpy("4024")
CREDENTIALS = _ora("1017 28000 28001 1005 1045")  # repeating such a logon may lock the account

# Numbers that only wrap a cause: parallel server, call stack, remote line, trigger, recursive SQL.
WRAPPERS = _ora("12801 6512 2063 4088 604")

_CLASSES = (
    (CANCELLED, ErrorClass.CANCELLED),
    (SPACE, ErrorClass.SPACE),
    (BUSY, ErrorClass.TRANSIENT),
    (STALE_CODE, ErrorClass.NEW_SESSION),
    (PERMANENT, ErrorClass.PERMANENT),
)

HINTS = {
    "ORA-00001": "a row with this key exists already",
    "ORA-00054": "another session holds the object; run again, or declare a retry on ORA-00054",
    "ORA-00060": "deadlock with another session; run again",
    "ORA-00904": "no such column, or the name is not visible to this user",
    "ORA-00942": "no such table or view, or no privilege on it granted directly (roles do not count)",
    "ORA-01005": "no password was given",
    "ORA-01013": "the call was cancelled",
    "ORA-01017": "user name or password is wrong; it is not tried again in this run",
    "ORA-01031": "a privilege is missing; grant it directly, roles do not count inside packages",
    "ORA-01045": "grant CREATE SESSION to this user",
    "ORA-01536": "raise the user's quota: ALTER USER ... QUOTA ... ON <tablespace>; then run again",
    "ORA-01653": "enlarge the tablespace (add or resize a data file); then run again",
    "ORA-01654": "enlarge the tablespace of the index; then run again",
    "ORA-04021": "another session is using the code; run again when it is done",
    "ORA-04063": "the object has compilation errors; see USER_ERRORS",
    "ORA-06550": "the PL/SQL does not compile; line and column are in the message",
    "ORA-12514": "the listener does not know this service name",
    "ORA-12541": "no listener at this host and port",
    "ORA-16000": "the database is open read-only; is this a standby?",
    "ORA-28000": "the account is locked; ALTER USER ... ACCOUNT UNLOCK",
    "ORA-28001": "the password has expired",
    "ORA-30036": "enlarge the undo tablespace; then run again",
    "DPY-4011": "the connection was lost; the server may still be working",
    "DPY-4024": "the call was cancelled at its time limit",
    "DPY-6001": "the listener does not know this service name",
    "DPY-6005": "host or port is wrong, or nothing listens there",
    "DPY-4000": "the alias is not in tnsnames.ora (set tnsAdmin)",
    "DPY-4001": "no password was given",
    "DPY-4027": "tnsAdmin is not set, so aliases cannot be resolved",
    "DPY-3001": "the server wants something thin mode does not have (native encryption?)",
}
HINTS |= {code: HINTS["ORA-01653"] for code in SPACE if code not in HINTS}


def cause_first(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the codes in order without repeats, causes before the numbers that wrap them."""
    distinct = dict.fromkeys(codes)
    causes = [code for code in distinct if code not in WRAPPERS]
    return (*causes, *(code for code in distinct if code in WRAPPERS))


def classify(codes: Sequence[str], *, connecting: bool = False) -> ErrorClass:
    """Return the class of an error stack, given cause first.

    A lost connection outweighs the rest: whatever else is reported, the outcome is unknown. While
    connecting nothing can have run, so there a lost connection is transient.
    """
    for members, error_class in _CLASSES:
        if codes and codes[0] in members:
            if error_class is ErrorClass.CANCELLED and "DPY-4011" in codes:
                break
            return error_class
    if connecting:
        transient = any(code in CONNECT or code in LOST for code in codes)
        return ErrorClass.TRANSIENT_CONNECT if transient else ErrorClass.PERMANENT
    if any(code in LOST for code in codes):
        return ErrorClass.UNKNOWN_OUTCOME
    return ErrorClass.PERMANENT


def hint_for(codes: Sequence[str]) -> str | None:
    """Return the hint of the first code that has one."""
    return next((HINTS[code] for code in codes if code in HINTS), None)
