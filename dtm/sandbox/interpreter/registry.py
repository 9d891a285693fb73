"""The registry of built-in packages: a specification in PL/SQL, bodies in Python.

A body takes the Runtime and the values of IN and IN OUT parameters. A procedure with OUT
parameters returns their values (a tuple if there are several); a function with OUT parameters
returns (result, out, ...).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Body = Callable[..., Any]


@dataclass(slots=True)
class BuiltIn:
    """One supplied package. `granted`: EXECUTE belongs to PUBLIC. `stub`: calls are recorded and
    have no effect. `complete`: what is missing here is missing in Oracle too (PLS-00302)."""

    name: str
    specification: str
    granted: bool = True
    stub: bool = False
    complete: bool = False
    bodies: dict[str, list[Body]] = field(default_factory=dict)

    def body(self, name: str) -> Callable[[Body], Body]:
        """Register the decorated function for the next overload of `name`."""

        def register(function: Body) -> Body:
            self.bodies.setdefault(name, []).append(function)
            return function

        return register


_packages: dict[str, BuiltIn] = {}

# Supplied packages Oracle has and the sandbox has not: using one is refused by name, instead of
# "must be declared". PL/SQL Packages and Types Reference 19c, table of contents.
NOT_SUPPLIED = frozenset(
    [
        "CTX_DDL",
        "CTX_DOC",
        "CTX_QUERY",
        "DBMS_ADVISOR",
        "DBMS_ALERT",
        "DBMS_APP_CONT",
        "DBMS_AQ",
        "DBMS_AQADM",
        "DBMS_AUDIT_MGMT",
        "DBMS_COMPARISON",
        "DBMS_COMPRESSION",
        "DBMS_DATAPUMP",
        "DBMS_DB_LINK",
        "DBMS_DDL",
        "DBMS_DEBUG",
        "DBMS_DESCRIBE",
        "DBMS_EPG",
        "DBMS_FGA",
        "DBMS_FILE_TRANSFER",
        "DBMS_FLASHBACK_ARCHIVE",
        "DBMS_HM",
        "DBMS_HPROF",
        "DBMS_ILM",
        "DBMS_INMEMORY",
        "DBMS_JAVA",
        "DBMS_LDAP",
        "DBMS_LOGMNR",
        "DBMS_METADATA_DIFF",
        "DBMS_MVIEW",
        "DBMS_NETWORK_ACL_ADMIN",
        "DBMS_OBFUSCATION_TOOLKIT",
        "DBMS_PARALLEL_EXECUTE",
        "DBMS_PART",
        "DBMS_PREPROCESSOR",
        "DBMS_PRIVILEGE_CAPTURE",
        "DBMS_PROFILER",
        "DBMS_QOPATCH",
        "DBMS_REDACT",
        "DBMS_REDEFINITION",
        "DBMS_REFRESH",
        "DBMS_REPAIR",
        "DBMS_RESOURCE_MANAGER",
        "DBMS_RESULT_CACHE",
        "DBMS_RLS",
        "DBMS_ROWID",
        "DBMS_RULE",
        "DBMS_SERVICE",
        "DBMS_SHARED_POOL",
        "DBMS_SNAPSHOT",
        "DBMS_SPACE",
        "DBMS_SPACE_ADMIN",
        "DBMS_SPM",
        "DBMS_SQLDIAG",
        "DBMS_SQLPA",
        "DBMS_SQLTUNE",
        "DBMS_STREAMS",
        "DBMS_SYNC_REFRESH",
        "DBMS_TF",
        "DBMS_TRACE",
        "DBMS_TTS",
        "DBMS_TYPES",
        "DBMS_UMF",
        "DBMS_WARNING",
        "DBMS_WORKLOAD_REPOSITORY",
        "DBMS_XA",
        "DBMS_XDB",
        "DBMS_XMLDOM",
        "DBMS_XMLGEN",
        "DBMS_XMLPARSER",
        "DBMS_XMLQUERY",
        "DBMS_XMLSAVE",
        "DBMS_XPLAN",
        "DBMS_XSLPROCESSOR",
        "HTF",
        "OWA_COOKIE",
        "SDO_GEOM",
        "UTL_COLL",
        "UTL_COMPRESS",
        "UTL_DBWS",
        "UTL_HTTP",
        "UTL_INADDR",
        "UTL_MATCH",
        "UTL_NLA",
        "UTL_RECOMP",
        "UTL_REF",
        "UTL_SMTP",
        "UTL_SPADV",
        "UTL_TCP",
        "XMLTYPE",
        "ANYDATA",
        "ANYTYPE",
        "ANYDATASET",
        "SDO_GEOMETRY",
        "HTTPURITYPE",
        "URITYPE",
        "BFILE",
        "JSON_OBJECT_T",
        "JSON_ARRAY_T",
        "JSON_ELEMENT_T",
        "JSON_KEY_LIST",
        "DBMS_CLOUD",
    ]
)


# Public synonyms of the event attribute functions of DBMS_STANDARD.
ATTRIBUTES = {
    "ORA_SYSEVENT": "SYSEVENT",
    "ORA_DICT_OBJ_TYPE": "DICTIONARY_OBJ_TYPE",
    "ORA_DICT_OBJ_OWNER": "DICTIONARY_OBJ_OWNER",
    "ORA_DICT_OBJ_NAME": "DICTIONARY_OBJ_NAME",
    "ORA_LOGIN_USER": "LOGIN_USER",
    "ORA_DATABASE_NAME": "DATABASE_NAME",
    "ORA_CLIENT_IP_ADDRESS": "CLIENT_IP_ADDRESS",
    "ORA_INSTANCE_NUM": "INSTANCE_NUM",
}


def package(
    name: str,
    specification: str,
    *,
    granted: bool = True,
    stub: bool = False,
    complete: bool = False,
) -> BuiltIn:
    """Register a package."""
    built_in = BuiltIn(name, specification, granted, stub, complete)
    _packages[name] = built_in
    return built_in


def lookup(name: str) -> BuiltIn | None:
    """The built-in package `name` (upper case)."""
    return _packages.get(name)


def every() -> tuple[BuiltIn, ...]:
    """All of them, by name."""
    return tuple(_packages[name] for name in sorted(_packages))
