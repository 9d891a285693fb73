"""NLS_SESSION_PARAMETERS, NLS_INSTANCE_PARAMETERS, NLS_DATABASE_PARAMETERS (Database Reference
19c): what the session, the instance and the database say about language and formats."""

from __future__ import annotations

from collections.abc import Iterator

from dtm.sandbox.sql.dictionary_base import Reader, Registry, Values
from dtm.sandbox.sql.functions.environment import NLS_DEFAULTS

_SPEC = "PARAMETER:v128 VALUE:v64"
_DATABASE = {
    "NLS_CHARACTERSET": "AL32UTF8",
    "NLS_NCHAR_CHARACTERSET": "AL16UTF16",
    "NLS_RDBMS_VERSION": "19.0.0.0.0",
}
# Initialization parameters that have a value when none is set; the others are NULL.
_INSTANCE = frozenset(
    ["NLS_COMP", "NLS_LANGUAGE", "NLS_LENGTH_SEMANTICS", "NLS_NCHAR_CONV_EXCP", "NLS_TERRITORY"]
)


def _session(reader: Reader) -> Iterator[Values]:
    for name, default in NLS_DEFAULTS.items():
        yield (name, reader.context.nls.get(name, default))


def _instance(_reader: Reader) -> Iterator[Values]:
    for name, value in NLS_DEFAULTS.items():
        yield (name, value if name in _INSTANCE else None)


def _database(_reader: Reader) -> Iterator[Values]:
    yield from sorted((NLS_DEFAULTS | _DATABASE).items())


def register(registry: Registry) -> None:
    """Add the views of this module; everybody may query them."""
    registry.add("NLS_SESSION_PARAMETERS", _SPEC, _session, public=True)
    registry.add("NLS_INSTANCE_PARAMETERS", _SPEC, _instance, public=True)
    registry.add("NLS_DATABASE_PARAMETERS", _SPEC, _database, public=True)
