"""PL/SQL's static types: kernel types with constraints, and the composite ones.

Records and collections are nominal: two declarations are two types, even with equal parts.
PL/SQL Language Reference 19c, "PL/SQL Data Types", "PL/SQL Collections and Records".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dtm.sandbox.kernel.types import Kind, OraType

MAX_VARCHAR2 = 32767
PLS_MIN, PLS_MAX = -(2**31), 2**31 - 1

TEXT_KINDS = frozenset({Kind.VARCHAR2, Kind.NVARCHAR2, Kind.CHAR, Kind.LONG, Kind.ROWID})
NUMBER_KINDS = frozenset({Kind.NUMBER, Kind.PLS_INTEGER, Kind.BINARY_FLOAT, Kind.BINARY_DOUBLE})
DATE_KINDS = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ})


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar type with its constraints. `low` and `high`: RANGE of a PLS_INTEGER subtype."""

    ora: OraType
    not_null: bool = False
    low: int | None = None
    high: int | None = None
    wraps: bool = False  # SIMPLE_INTEGER: overflow wraps around

    @property
    def kind(self) -> Kind:
        return self.ora.kind

    def describe(self) -> str:
        """As an error message names the type."""
        return self.ora.kind.value


@dataclass(slots=True, eq=False)
class RecordField:
    """`default` computes the initial value from the frame the record is declared in."""

    name: str
    type: PlType
    default: Callable[[Any], Any] | None = None


def _position(fields: list[RecordField], name: str) -> int | None:
    return next((index for index, entry in enumerate(fields) if entry.name == name), None)


@dataclass(slots=True, eq=False)
class RecordType:
    """`rowtype`: made by %ROWTYPE or a cursor; such records are assigned by position."""

    name: str
    fields: list[RecordField] = field(default_factory=list)
    rowtype: bool = False

    @property
    def kind(self) -> Kind:
        return Kind.RECORD

    def position(self, name: str) -> int | None:
        """Index of a field."""
        return _position(self.fields, name)

    def describe(self) -> str:
        return self.name


@dataclass(slots=True, eq=False)
class CollectionType:
    """`how`: ASSOC, NESTED or VARRAY; `index` of an associative array."""

    name: str
    how: str
    element: PlType
    index: Scalar | None = None
    limit: int | None = None
    owner: str | None = None  # of a schema-level type

    @property
    def kind(self) -> Kind:
        return Kind.COLLECTION

    def describe(self) -> str:
        return self.name


@dataclass(slots=True, eq=False)
class CursorType:
    """REF CURSOR; `row` is None for a weak one."""

    name: str
    row: RecordType | None = None

    @property
    def kind(self) -> Kind:
        return Kind.REF_CURSOR

    def describe(self) -> str:
        return "REF CURSOR"


@dataclass(slots=True, eq=False)
class ObjectType:
    """A schema-level object type. `fields`: its attributes, inherited ones first; `methods`:
    compiler.objects.Method by dispatch number, inherited ones first; `constructors` its own."""

    owner: str
    name: str
    supertype: ObjectType | None = None
    fields: list[RecordField] = field(default_factory=list)
    methods: list[Any] = field(default_factory=list)
    constructors: list[Any] = field(default_factory=list)
    subtypes: dict[str, ObjectType] = field(default_factory=dict)  # compiled ones, by name
    final: bool = True
    instantiable: bool = True
    complete: bool = True  # False: CREATE TYPE name; announces it only

    @property
    def kind(self) -> Kind:
        return Kind.OBJECT

    def position(self, name: str) -> int | None:
        """Index of an attribute."""
        return _position(self.fields, name)

    def describe(self) -> str:
        return self.name

    def same(self, other: ObjectType) -> bool:
        """The same type; a compilation may have made it anew."""
        return self is other or (self.owner, self.name) == (other.owner, other.name)

    def steps_to(self, other: ObjectType) -> int | None:
        """How many levels `other` lies above this type; None when it is no supertype."""
        steps = 0
        current: ObjectType | None = self
        while current is not None:
            if current.same(other):
                return steps
            current = current.supertype
            steps += 1
        return None


PlType = Scalar | RecordType | CollectionType | CursorType | ObjectType

NUMBER = Scalar(OraType(Kind.NUMBER))
PLS_INTEGER = Scalar(OraType(Kind.PLS_INTEGER))
VARCHAR2 = Scalar(OraType(Kind.VARCHAR2))
BOOLEAN = Scalar(OraType(Kind.BOOLEAN))
DATE = Scalar(OraType(Kind.DATE))
TIMESTAMP = Scalar(OraType(Kind.TIMESTAMP, precision=9))
TIMESTAMP_TZ = Scalar(OraType(Kind.TIMESTAMP_TZ, precision=9))
CLOB = Scalar(OraType(Kind.CLOB))
BLOB = Scalar(OraType(Kind.BLOB))
RAW = Scalar(OraType(Kind.RAW))
NULL = Scalar(OraType(Kind.NULL))
ROWID = Scalar(OraType(Kind.ROWID))
CHAR = Scalar(OraType(Kind.CHAR))
DOUBLE = Scalar(OraType(Kind.BINARY_DOUBLE))
SYS_REFCURSOR = CursorType("SYS_REFCURSOR")


def is_text(pl_type: PlType) -> bool:
    """VARCHAR2 and its kin, not CLOB."""
    return pl_type.kind in TEXT_KINDS


def is_number(pl_type: PlType) -> bool:
    return pl_type.kind in NUMBER_KINDS


def is_composite(pl_type: PlType) -> bool:
    """Records, collections and objects: assigned by copy."""
    return isinstance(pl_type, RecordType | CollectionType | ObjectType)


def ora_type(pl_type: PlType) -> OraType:
    """The kernel type that describes a value of this type to SQL and the wire."""
    if isinstance(pl_type, Scalar):
        return pl_type.ora
    return OraType(pl_type.kind)


def scalar(ora: OraType) -> Scalar:
    """An unconstrained or constrained scalar from a column's type."""
    return Scalar(ora)


# Type names of package STANDARD: name -> (kind, lengths allowed). "PL/SQL Predefined Data Types".
STANDARD_TYPES: dict[str, Scalar | CursorType] = {
    "NUMBER": NUMBER,
    "NUMERIC": Scalar(OraType(Kind.NUMBER, precision=38, scale=0)),
    "DECIMAL": Scalar(OraType(Kind.NUMBER, precision=38, scale=0)),
    "DEC": Scalar(OraType(Kind.NUMBER, precision=38, scale=0)),
    "INTEGER": Scalar(OraType(Kind.NUMBER, precision=38, scale=0)),
    "INT": Scalar(OraType(Kind.NUMBER, precision=38, scale=0)),
    "SMALLINT": Scalar(OraType(Kind.NUMBER, precision=38, scale=0)),
    "FLOAT": NUMBER,
    "REAL": NUMBER,
    "DOUBLE PRECISION": NUMBER,
    "PLS_INTEGER": PLS_INTEGER,
    "BINARY_INTEGER": PLS_INTEGER,
    "NATURAL": Scalar(OraType(Kind.PLS_INTEGER), low=0, high=PLS_MAX),
    "NATURALN": Scalar(OraType(Kind.PLS_INTEGER), True, 0, PLS_MAX),
    "POSITIVE": Scalar(OraType(Kind.PLS_INTEGER), low=1, high=PLS_MAX),
    "POSITIVEN": Scalar(OraType(Kind.PLS_INTEGER), True, 1, PLS_MAX),
    "SIGNTYPE": Scalar(OraType(Kind.PLS_INTEGER), low=-1, high=1),
    "SIMPLE_INTEGER": Scalar(OraType(Kind.PLS_INTEGER), not_null=True, wraps=True),
    "BINARY_FLOAT": Scalar(OraType(Kind.BINARY_FLOAT)),
    "BINARY_DOUBLE": DOUBLE,
    "SIMPLE_FLOAT": Scalar(OraType(Kind.BINARY_FLOAT), not_null=True),
    "SIMPLE_DOUBLE": Scalar(OraType(Kind.BINARY_DOUBLE), not_null=True),
    "VARCHAR2": VARCHAR2,
    "VARCHAR": VARCHAR2,
    "STRING": VARCHAR2,
    "NVARCHAR2": Scalar(OraType(Kind.NVARCHAR2, char_used=True)),
    "CHAR": CHAR,
    "CHARACTER": CHAR,
    "NCHAR": Scalar(OraType(Kind.CHAR, char_used=True)),
    "LONG": Scalar(OraType(Kind.LONG)),
    "RAW": RAW,
    "LONG RAW": RAW,
    "CLOB": CLOB,
    "NCLOB": CLOB,
    "BLOB": BLOB,
    "ROWID": ROWID,
    "UROWID": ROWID,
    "BOOLEAN": BOOLEAN,
    "DATE": DATE,
    "TIMESTAMP": Scalar(OraType(Kind.TIMESTAMP, precision=6)),
    "TIMESTAMP WITH TIME ZONE": Scalar(OraType(Kind.TIMESTAMP_TZ, precision=6)),
    "TIMESTAMP WITH LOCAL TIME ZONE": Scalar(OraType(Kind.TIMESTAMP_LTZ, precision=6)),
    "TIMESTAMP_UNCONSTRAINED": TIMESTAMP,
    "TIMESTAMP_TZ_UNCONSTRAINED": TIMESTAMP_TZ,
    "TIMESTAMP_LTZ_UNCONSTRAINED": Scalar(OraType(Kind.TIMESTAMP_LTZ, precision=9)),
    "DSINTERVAL_UNCONSTRAINED": Scalar(OraType(Kind.INTERVAL_DS, precision=9, scale=9)),
    "YMINTERVAL_UNCONSTRAINED": Scalar(OraType(Kind.INTERVAL_YM, precision=9)),
    "INTERVAL DAY TO SECOND": Scalar(OraType(Kind.INTERVAL_DS, precision=2, scale=6)),
    "INTERVAL YEAR TO MONTH": Scalar(OraType(Kind.INTERVAL_YM, precision=2)),
    "SYS_REFCURSOR": SYS_REFCURSOR,
}

# Collection types SYS owns and everybody uses. Data Cartridge Developer's Guide 19c, "ODCI...List".
_SYSTEM_TYPES: dict[str, CollectionType] = {
    name: CollectionType(name, how, Scalar(element), None, limit, "SYS")
    for name, how, element, limit in (
        ("ODCINUMBERLIST", "VARRAY", OraType(Kind.NUMBER), 32767),
        ("ODCIVARCHAR2LIST", "VARRAY", OraType(Kind.VARCHAR2, length=4000), 32767),
        ("ODCIDATELIST", "VARRAY", OraType(Kind.DATE), 32767),
        ("DBMS_DEBUG_VC2COLL", "NESTED", OraType(Kind.VARCHAR2, length=1000), None),
        ("ORA_NAME_LIST_T", "NESTED", OraType(Kind.VARCHAR2, length=2 * (128 + 2) + 1), None),
    )
}


def system_type(path: tuple[str, ...]) -> CollectionType | None:
    """A type of SYS; its public synonym or SYS.name names it."""
    if len(path) == 2 and path[0] != "SYS":
        return None
    return _SYSTEM_TYPES.get(path[-1])
