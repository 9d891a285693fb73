"""One table of Oracle's error numbers and the exception that carries them.

Source of numbers and texts: Oracle Database Error Messages, 19c.
"""

from __future__ import annotations

# %s marks are filled from OraError's arguments. Keep sorted by number; every room adds here.
MESSAGES: dict[int, str] = {
    1: "unique constraint (%s) violated",
    28: "your session has been killed",
    54: "resource busy and acquire with NOWAIT specified or timeout expired",
    60: "deadlock detected while waiting for resource",
    600: "internal error code, arguments: %s",
    900: "invalid SQL statement",
    904: "%s: invalid identifier",
    932: "inconsistent datatypes: expected %s got %s",
    942: "table or view does not exist",
    1000: "maximum open cursors exceeded",
    1001: "invalid cursor",
    1002: "fetch out of sequence",
    1007: "variable not in select list",
    1008: "not all variables bound",
    1012: "not logged on",
    1013: "user requested cancel of current operation",
    1017: "invalid username/password; logon denied",
    1031: "insufficient privileges",
    1089: "immediate shutdown or close in progress - no operations are permitted",
    1403: "no data found",
    1410: "invalid ROWID",
    1422: "exact fetch returns more than requested number of rows",
    1426: "numeric overflow",
    1476: "divisor is equal to zero",
    1483: "invalid length for DATE or NUMBER bind variable",
    1536: "space quota exceeded for tablespace '%s'",
    1653: "unable to extend table %s by %s in tablespace %s",
    1722: "invalid number",
    1805: "possible error in date/time operation",
    3115: "unsupported network datatype or representation",
    6502: "PL/SQL: numeric or value error%s",
    6512: "at %s",
    6550: "line %s, column %s:\n%s",
    21560: "argument is null, invalid, or out of range",
    22275: "invalid LOB locator specified",
    22920: "row containing the LOB value is not locked",
    22924: "snapshot too old",
    24381: "error(s) in array DML",
    24960: "the attribute %s is greater than the maximum allowable length of %s",
    28000: "The account is locked.",
    28008: "invalid old password",
    29275: "partial multibyte character",
}


class OraError(Exception):
    """An Oracle error: `code` is the ORA number, `text` the full stack as the client sees it.

    `OraError(942)` takes its text from the table; `OraError(20001, message="boom")` brings its own.
    `offset` is the 0-based character position in the SQL text (the driver's `error.offset`).
    `stack` holds the lines below the first ("ORA-06512: at ..."), outermost last.
    """

    def __init__(
        self, code: int, *args: object, message: str | None = None, offset: int = 0
    ) -> None:
        template = MESSAGES.get(code, "")
        self.message = message if message is not None else (template % args if args else template)
        super().__init__(f"ORA-{code:05d}: {self.message}")
        self.code = code
        self.offset = offset
        self.stack: list[str] = []

    @property
    def text(self) -> str:
        """The whole error stack, one error a line, without a trailing newline."""
        return "\n".join([f"ORA-{self.code:05d}: {self.message}", *self.stack])


class Unsupported(OraError):
    """A construct Oracle has and the sandbox has not: ORA-03001 with a DTM-SBX-nnn text.

    One clear error naming construct, line and column; never a wrong result.
    """

    def __init__(self, number: int, construct: str, line: int = 0, column: int = 0) -> None:
        place = f" at line {line}, column {column}" if line else ""
        super().__init__(
            3001, message=f"unimplemented feature: DTM-SBX-{number:03d}: {construct}{place}"
        )
        self.number = number
        self.construct = construct
