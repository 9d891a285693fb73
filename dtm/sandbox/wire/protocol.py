"""Numbers of the TNS and TTC protocols, as a 19c server and the thin drivers use them."""

from __future__ import annotations

from enum import IntEnum


class Packet(IntEnum):
    """TNS packet types."""

    CONNECT = 1
    ACCEPT = 2
    REFUSE = 4
    DATA = 6
    MARKER = 12


class Marker(IntEnum):
    """Third byte of a MARKER packet."""

    BREAK = 1
    RESET = 2
    INTERRUPT = 3


DATA_FLAG_EOF = 0x0040


class Message(IntEnum):
    """TTC message types: first byte of a message inside DATA packets."""

    PROTOCOL = 1
    DATA_TYPES = 2
    FUNCTION = 3
    ERROR = 4
    ROW_HEADER = 6
    ROW_DATA = 7
    PARAMETER = 8
    STATUS = 9
    IO_VECTOR = 11
    LOB_DATA = 14
    DESCRIBE = 16
    PIGGYBACK = 17
    IMPLICIT_RESULT = 27


class Function(IntEnum):
    """TTC function codes; codes not listed are answered with ORA-03115."""

    REEXECUTE = 4
    FETCH = 5
    LOGOFF = 9
    COMMIT = 14
    ROLLBACK = 15
    REEXECUTE_AND_FETCH = 78
    EXECUTE = 94
    LOB = 96
    CLOSE_CURSORS = 105
    AUTH_PHASE_TWO = 115
    AUTH_PHASE_ONE = 118
    END_TO_END = 135
    PING = 147
    SET_SCHEMA = 152
    APP_CONTEXT = 154
    SESSION_STATE = 176


class ExecuteOption(IntEnum):
    """Options of the EXECUTE function."""

    PARSE = 0x01
    BIND = 0x08
    DEFINE = 0x10
    EXECUTE = 0x20
    FETCH = 0x40
    COMMIT = 0x100
    DESCRIBE = 0x20000
    BATCH_ERRORS = 0x80000


class ExecuteFlag(IntEnum):
    """Element 9 of the EXECUTE function's vector."""

    SCROLLABLE = 0x02
    ROW_COUNTS = 0x4000


class BindDirection(IntEnum):
    """What the IO vector says of a bind."""

    OUT = 16
    IN = 32
    IN_OUT = 48


class LobOperation(IntEnum):
    """Operations of the LOB function."""

    LENGTH = 0x1
    READ = 0x2
    TRIM = 0x20
    WRITE = 0x40
    CREATE_TEMPORARY = 0x110
    FREE_TEMPORARY = 0x111
    CHUNK_SIZE = 0x4000
    OPEN = 0x8000
    CLOSE = 0x10000
    IS_OPEN = 0x11000


class Dty(IntEnum):
    """Data types on the wire (OCI's external type numbers)."""

    VARCHAR = 1
    NUMBER = 2
    BINARY_INTEGER = 3
    LONG = 8
    ROWID = 11
    DATE = 12
    RAW = 23
    LONG_RAW = 24
    CHAR = 96
    BINARY_FLOAT = 100
    BINARY_DOUBLE = 101
    CURSOR = 102
    OBJECT = 109
    CLOB = 112
    BLOB = 113
    BFILE = 114
    JSON = 119
    VECTOR = 127
    TIMESTAMP = 180
    TIMESTAMP_TZ = 181
    INTERVAL_YM = 182
    INTERVAL_DS = 183
    UROWID = 208
    TIMESTAMP_LTZ = 231
    BOOLEAN = 252


BIND_ARRAY = 0x40  # flag of a bind description: PL/SQL table
CHARSET_AL32UTF8 = 873
CHARSET_AL16UTF16 = 2000
FORM_IMPLICIT = 1
FORM_NCHAR = 2
MAX_STRING_BYTES = 32767  # longer binds travel after all others
STATUS_IN_TRANSACTION = 2  # bit of the call status
WARNING_COMPILATION = 0x20
