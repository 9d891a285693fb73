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
        "DBMS_ADDM",
        "DBMS_ADVISOR",
        "DBMS_ALERT",
        "DBMS_APPLY_ADM",
        "DBMS_APP_CONT",
        "DBMS_AQ",
        "DBMS_AQADM",
        "DBMS_AUDIT_MGMT",
        "DBMS_AUTO_REPORT",
        "DBMS_AUTO_TASK_ADMIN",
        "DBMS_CAPTURE_ADM",
        "DBMS_CLOUD",
        "DBMS_COMPARISON",
        "DBMS_COMPRESSION",
        "DBMS_CONNECTION_POOL",
        "DBMS_CREDENTIAL",
        "DBMS_CUBE",
        "DBMS_DATAPUMP",
        "DBMS_DATA_MINING",
        "DBMS_DB_LINK",
        "DBMS_DDL",
        "DBMS_DEBUG",
        "DBMS_DESCRIBE",
        "DBMS_DIMENSION",
        "DBMS_DST",
        "DBMS_EDITIONS_UTILITIES",
        "DBMS_EPG",
        "DBMS_FGA",
        "DBMS_FILE_TRANSFER",
        "DBMS_FLASHBACK_ARCHIVE",
        "DBMS_GOLDENGATE_ADM",
        "DBMS_HEAT_MAP",
        "DBMS_HM",
        "DBMS_HPROF",
        "DBMS_ILM",
        "DBMS_INMEMORY",
        "DBMS_JAVA",
        "DBMS_LDAP",
        "DBMS_LIBCACHE",
        "DBMS_LOGMNR",
        "DBMS_LOGSTDBY",
        "DBMS_METADATA_DIFF",
        "DBMS_MVIEW",
        "DBMS_NETWORK_ACL_ADMIN",
        "DBMS_OBFUSCATION_TOOLKIT",
        "DBMS_ODCI",
        "DBMS_OUTLN",
        "DBMS_PARALLEL_EXECUTE",
        "DBMS_PART",
        "DBMS_PCLXUTIL",
        "DBMS_PDB",
        "DBMS_PLSQL_CODE_COVERAGE",
        "DBMS_PREDICTIVE_ANALYTICS",
        "DBMS_PREPROCESSOR",
        "DBMS_PRIVILEGE_CAPTURE",
        "DBMS_PROFILER",
        "DBMS_PROPAGATION_ADM",
        "DBMS_QOPATCH",
        "DBMS_REDACT",
        "DBMS_REDEFINITION",
        "DBMS_REFRESH",
        "DBMS_REPAIR",
        "DBMS_RESOURCE_MANAGER",
        "DBMS_RESULT_CACHE",
        "DBMS_RLS",
        "DBMS_ROLLING",
        "DBMS_ROWID",
        "DBMS_RULE",
        "DBMS_RULE_ADM",
        "DBMS_SERVER_ALERT",
        "DBMS_SERVICE",
        "DBMS_SHARED_POOL",
        "DBMS_SNAPSHOT",
        "DBMS_SPACE",
        "DBMS_SPACE_ADMIN",
        "DBMS_SPM",
        "DBMS_SQLDIAG",
        "DBMS_SQLPA",
        "DBMS_SQLTUNE",
        "DBMS_SQL_MONITOR",
        "DBMS_SQL_TRANSLATOR",
        "DBMS_STAT_FUNCS",
        "DBMS_STORAGE_MAP",
        "DBMS_STREAMS",
        "DBMS_STREAMS_ADM",
        "DBMS_SYNC_REFRESH",
        "DBMS_TDB",
        "DBMS_TF",
        "DBMS_TRACE",
        "DBMS_TRANSFORM",
        "DBMS_TTS",
        "DBMS_TYPES",
        "DBMS_UMF",
        "DBMS_WARNING",
        "DBMS_WM",
        "DBMS_WORKLOAD_REPOSITORY",
        "DBMS_XA",
        "DBMS_XDB",
        "DBMS_XDB_ADMIN",
        "DBMS_XMLDOM",
        "DBMS_XMLGEN",
        "DBMS_XMLINDEX",
        "DBMS_XMLPARSER",
        "DBMS_XMLQUERY",
        "DBMS_XMLSAVE",
        "DBMS_XMLSCHEMA",
        "DBMS_XMLSTORE",
        "DBMS_XPLAN",
        "DBMS_XSLPROCESSOR",
        "DBMS_XS_SESSIONS",
        "HTF",
        "OWA_COOKIE",
        "OWA_CUSTOM",
        "OWA_IMAGE",
        "OWA_OPT_LOCK",
        "OWA_PATTERN",
        "OWA_SEC",
        "OWA_TEXT",
        "SDO_GEOM",
        "SDO_GEOMETRY",
        "UTL_COLL",
        "UTL_COMPRESS",
        "UTL_DBWS",
        "UTL_HTTP",
        "UTL_IDENT",
        "UTL_INADDR",
        "UTL_MATCH",
        "UTL_NLA",
        "UTL_RECOMP",
        "UTL_REF",
        "UTL_SMTP",
        "UTL_SPADV",
        "UTL_TCP",
        "WPG_DOCLOAD",
        "XMLTYPE",
        "ANYDATA",
        "ANYTYPE",
        "ANYDATASET",
        "HTTPURITYPE",
        "URITYPE",
        "BFILE",
        "JSON_OBJECT_T",
        "JSON_ARRAY_T",
        "JSON_ELEMENT_T",
        "JSON_KEY_LIST",
        # PL/SQL Language Reference 19c, "Event Attribute Functions".
        "ORA_DES_ENCRYPTED_PASSWORD",
        "ORA_DICT_OBJ_NAME_LIST",
        "ORA_DICT_OBJ_OWNER_LIST",
        "ORA_GRANTEE",
        "ORA_IS_ALTER_COLUMN",
        "ORA_IS_CREATING_NESTED_TABLE",
        "ORA_IS_DROP_COLUMN",
        "ORA_IS_SERVERERROR",
        "ORA_PARTITION_POS",
        "ORA_PRIVILEGE_LIST",
        "ORA_REVOKEE",
        "ORA_SERVER_ERROR",
        "ORA_SERVER_ERROR_DEPTH",
        "ORA_SERVER_ERROR_MSG",
        "ORA_SERVER_ERROR_NUM_PARAMS",
        "ORA_SERVER_ERROR_PARAM",
        "ORA_SPACE_ERROR_INFO",
        "ORA_SQL_TXT",
        "ORA_WITH_GRANT_OPTION",
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
