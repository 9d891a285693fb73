"""Physical properties: accepted, recorded, without effect on what queries answer.

(SQL Language Reference 19c, "physical_attributes_clause", "storage_clause", CREATE TABLE
"table_properties".)
"""

from __future__ import annotations

from collections.abc import Callable

from dtm.sandbox.sql.ddl_tokens import Tokens

_NUMBERS = ("PCTFREE", "PCTUSED", "INITRANS", "MAXTRANS", "PCTTHRESHOLD", "PCTVERSION")
_FLAGS = {
    "LOGGING": ("LOGGING", "YES"),
    "NOLOGGING": ("LOGGING", "NO"),
    "FILESYSTEM_LIKE_LOGGING": ("LOGGING", "NO"),
    "CACHE": ("CACHE", "Y"),
    "NOCACHE": ("CACHE", "N"),
    "MONITORING": ("MONITORING", "YES"),
    "NOMONITORING": ("MONITORING", "NO"),
    "NOPARALLEL": ("DEGREE", "1"),
    "NOCOMPRESS": ("COMPRESSION", "DISABLED"),
    "ROWDEPENDENCIES": ("DEPENDENCIES", "ENABLED"),
    "NOROWDEPENDENCIES": ("DEPENDENCIES", "DISABLED"),
    "REVERSE": ("REVERSE", "YES"),
    "NOREVERSE": ("REVERSE", "NO"),
    "SORT": ("SORT", "YES"),
    "NOSORT": ("SORT", "NO"),
    "ONLINE": ("ONLINE", "YES"),
}


def parse_physical(tokens: Tokens) -> dict[str, str]:
    """Every physical clause that comes next; name -> recorded value. TABLESPACE is one of them."""
    found: dict[str, str] = {}
    while True:
        clause = _clause(tokens)
        if clause is None:
            return found
        found.update(clause)


def _clause(tokens: Tokens) -> dict[str, str] | None:
    if tokens.here.kind != "ident":
        return None
    word = tokens.here.value
    if word in _NUMBERS:
        tokens.advance()
        return {word: str(tokens.integer())}
    if word in _FLAGS:
        tokens.advance()
        name, value = _FLAGS[word]
        return {name: value}
    parser = _PARSERS.get(word)
    return parser(tokens) if parser is not None else None


def _tablespace(tokens: Tokens) -> dict[str, str]:
    tokens.advance()
    return {"TABLESPACE": tokens.identifier(2216)}


def _storage(tokens: Tokens) -> dict[str, str]:
    tokens.advance()
    return {"STORAGE": tokens.parenthesised()}


def _compress(tokens: Tokens) -> dict[str, str]:
    tokens.advance()
    if tokens.accept("FOR"):
        kind = tokens.advance().value
        kind += f" {tokens.advance().value}" if tokens.at_any("OPERATIONS", "LOW", "HIGH") else ""
    elif tokens.accept_any("BASIC"):
        kind = "BASIC"
    elif tokens.here.kind == "number":
        return {"COMPRESSION": "ENABLED", "PREFIX_LENGTH": tokens.advance().value}
    elif word := tokens.accept_any("ADVANCED"):
        kind = f"{word} {tokens.accept_any('LOW', 'HIGH') or ''}".strip()
    else:
        kind = "BASIC"
    return {"COMPRESSION": "ENABLED", "COMPRESS_FOR": kind}


def _row_store(tokens: Tokens) -> dict[str, str] | None:
    if tokens.accept("ROW", "STORE", "COMPRESS"):
        return {
            "COMPRESSION": "ENABLED",
            "COMPRESS_FOR": tokens.accept_any("BASIC", "ADVANCED") or "BASIC",
        }
    if tokens.at("ROW", "ARCHIVAL"):
        tokens.unsupported(415, "ROW ARCHIVAL")
    return None


def _column_store(tokens: Tokens) -> dict[str, str] | None:
    if not tokens.accept("COLUMN", "STORE", "COMPRESS"):
        return None
    kind = "QUERY HIGH"
    if tokens.accept("FOR"):
        kind = f"{tokens.advance().value} {tokens.accept_any('LOW', 'HIGH') or 'HIGH'}"
    return {"COMPRESSION": "ENABLED", "COMPRESS_FOR": kind}


def _parallel(tokens: Tokens) -> dict[str, str]:
    tokens.advance()
    if tokens.accept("("):
        tokens.expect("DEGREE")
        degree = str(tokens.integer()) if tokens.here.kind == "number" else tokens.advance().value
        tokens.expect(")")
        return {"DEGREE": degree}
    if tokens.here.kind == "number":
        return {"DEGREE": str(tokens.integer())}
    return {"DEGREE": "DEFAULT"}


def _segment(tokens: Tokens) -> dict[str, str] | None:
    if not tokens.accept("SEGMENT", "CREATION"):
        return None
    return {"SEGMENT_CREATION": tokens.accept_any("IMMEDIATE", "DEFERRED") or "DEFERRED"}


def _result_cache(tokens: Tokens) -> dict[str, str]:
    tokens.advance()
    return {"RESULT_CACHE": tokens.parenthesised()}


def _inmemory(tokens: Tokens) -> dict[str, str] | None:
    if tokens.accept("NO", "INMEMORY"):
        return {"INMEMORY": "DISABLED"}
    if not tokens.accept("INMEMORY"):
        return None
    while tokens.accept_any("MEMCOMPRESS", "PRIORITY", "FOR", "QUERY", "LOW", "HIGH", "CRITICAL"):
        continue
    return {"INMEMORY": "ENABLED"}


def _lob(tokens: Tokens) -> dict[str, str] | None:
    """LOB (column, ...) STORE AS [SECUREFILE] [name] [(parameters)]."""
    if not tokens.at("LOB", "("):
        return None
    tokens.advance()
    columns = tokens.parenthesised()
    tokens.expect("STORE")
    tokens.expect("AS")
    kind = tokens.accept_any("SECUREFILE", "BASICFILE") or "SECUREFILE"
    if tokens.here.kind in ("ident", "quoted") and tokens.ahead().value in ("(", ""):
        tokens.identifier()
    if tokens.at("("):
        tokens.parenthesised()
    return {"LOB": f"({columns}) {kind}"}


def _buffer_pool(tokens: Tokens) -> dict[str, str]:
    tokens.advance()
    return {"FLASH_CACHE": tokens.advance().value}


_PARSERS: dict[str, Callable[[Tokens], dict[str, str] | None]] = {
    "TABLESPACE": _tablespace,
    "STORAGE": _storage,
    "COMPRESS": _compress,
    "ROW": _row_store,
    "COLUMN": _column_store,
    "PARALLEL": _parallel,
    "SEGMENT": _segment,
    "RESULT_CACHE": _result_cache,
    "INMEMORY": _inmemory,
    "NO": _inmemory,
    "LOB": _lob,
    "FLASH_CACHE": _buffer_pool,
}
