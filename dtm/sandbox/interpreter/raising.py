"""Exceptions: predefined names, user-defined ones, SQLCODE and SQLERRM.

PL/SQL Language Reference 19c, "PL/SQL Error Handling".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import MESSAGES, OraError, Unsupported

# Table 12-3 "PL/SQL Predefined Exceptions": name -> error number (positive).
PREDEFINED: dict[str, int] = {
    "ACCESS_INTO_NULL": 6530,
    "CASE_NOT_FOUND": 6592,
    "COLLECTION_IS_NULL": 6531,
    "CURSOR_ALREADY_OPEN": 6511,
    "DUP_VAL_ON_INDEX": 1,
    "INVALID_CURSOR": 1001,
    "INVALID_NUMBER": 1722,
    "LOGIN_DENIED": 1017,
    "NO_DATA_FOUND": 1403,
    "NO_DATA_NEEDED": 6548,
    "NOT_LOGGED_ON": 1012,
    "PROGRAM_ERROR": 6501,
    "ROWTYPE_MISMATCH": 6504,
    "SELF_IS_NULL": 30625,
    "STORAGE_ERROR": 6500,
    "SUBSCRIPT_BEYOND_COUNT": 6533,
    "SUBSCRIPT_OUTSIDE_LIMIT": 6532,
    "SYS_INVALID_ROWID": 1410,
    "TIMEOUT_ON_RESOURCE": 51,
    "TOO_MANY_ROWS": 1422,
    "VALUE_ERROR": 6502,
    "ZERO_DIVIDE": 1476,
}
# No handler sees these: the session is going, or the sandbox cannot do what was asked.
_UNCATCHABLE = frozenset({28, 1012, 3113, 3114})


class ExceptionId:
    """One declared exception. `code` is what PRAGMA EXCEPTION_INIT gave it (positive), or None."""

    __slots__ = ("code", "name")

    def __init__(self, name: str, code: int | None = None) -> None:
        self.name = name
        self.code = code


class UserDefined(OraError):
    """A raised exception without a number: SQLCODE 1; unhandled it is ORA-06510."""

    def __init__(self, identity: ExceptionId) -> None:
        super().__init__(6510, message="PL/SQL: unhandled user-defined exception")
        self.identity = identity


def raise_declared(identity: ExceptionId) -> OraError:
    """The error `RAISE name` raises."""
    if identity.code is None:
        return UserDefined(identity)
    return OraError(identity.code, message=plain_message(identity.code))


def plain_message(code: int) -> str:
    """The text of an error number without arguments, as SQLERRM(-n) gives it."""
    template = MESSAGES.get(code, "")
    return template.replace("%s", "").rstrip() if "%s" in template else template


def catchable(error: OraError) -> bool:
    """May WHEN OTHERS see it?"""
    return not isinstance(error, Unsupported) and error.code not in _UNCATCHABLE


def sqlcode(error: OraError | None) -> int:
    """0 outside a handler, +100 for NO_DATA_FOUND, 1 for a user-defined exception."""
    if error is None:
        return 0
    if isinstance(error, UserDefined):
        return 1
    return 100 if error.code == 1403 else -error.code


def sqlerrm(error: OraError | None) -> str:
    """At most 512 bytes, as SQLERRM without an argument."""
    if error is None:
        return "ORA-0000: normal, successful completion"
    if isinstance(error, UserDefined):
        return "User-Defined Exception"
    text = f"ORA-{error.code:05d}: {error.message}"
    return text.encode()[:512].decode(errors="ignore")


def sqlerrm_of(code: int) -> str:
    """SQLERRM(n)."""
    if code == 0:
        return "ORA-0000: normal, successful completion"
    if code == 1:
        return "User-Defined Exception"
    if code == 100:
        return "ORA-01403: no data found"
    if code > 0:
        return f"-{code}: non-ORACLE exception "
    message = plain_message(-code)
    if 20000 <= -code <= 20999:
        return f"ORA-{-code:05d}: {message}"
    return (
        f"ORA-{-code:05d}: {message or f'Message {-code} not found;  product=RDBMS; facility=ORA'}"
    )
