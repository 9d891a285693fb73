"""Rules for `connect:` blocks that a schema cannot say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dtm.manifests.findings import Finding

# user/password in front of the address: Easy Connect as SQL*Plus takes it
_CREDENTIALS = re.compile(r"[^/@\s]*/[^@\s]*@")


def connection_problems(connect: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with a complete connection; secrets are never repeated."""
    problems = []
    if "user" not in connect:
        hint = "user: the client schema, here or in instanceDefaults"
        problems.append(_missing('"user" is missing', hint))
    elif "/" in connect["user"]:
        problems.append(_literal("user"))
    if "dsn" in connect and "tnsAlias" in connect:
        problems.append(
            Finding(("tnsAlias",), "conflict", "dsn and tnsAlias exclude each other", at_key=True)
        )
    elif "dsn" not in connect and "tnsAlias" not in connect:
        problems.append(_missing('"dsn" (or "tnsAlias") is missing', "dsn: host:port/service"))
    if _CREDENTIALS.match(connect.get("dsn", "")):
        problems.append(_literal("dsn"))
    if "password" not in connect and "wallet" not in connect:
        hint = "password: {env: NAME}, {file: PATH} or {command: [program, argument]}"
        problems.append(_missing('"password" (or "wallet") is missing', hint))
    return problems


def merge_connect(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `over` merged over `base`: a secret is replaced whole, dsn replaces tnsAlias."""
    merged = {**base, **over}
    for one, other in (("dsn", "tnsAlias"), ("tnsAlias", "dsn")):
        if one in over and other not in over:
            merged.pop(other, None)
    return merged


def _missing(message: str, hint: str) -> Finding:
    return Finding((), "missing-field", message, hint, at_key=True)


def _literal(key: str) -> Finding:
    hint = "write password: {env: NAME}, {file: PATH} or {command: [program, argument]}"
    return Finding((key,), "literal-secret", f"{key} holds a password", hint)
