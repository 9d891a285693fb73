"""Diagnostics as text, JSON, GitHub annotations and SARIF. Pure: values in, text out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dtm import __version__
from dtm.model.diagnostics import Diagnostic, Severity
from dtm.model.resources import Kind

if TYPE_CHECKING:
    from dtm.manifests import Loaded

FORMAT_VERSION = 1
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def text(diagnostics: Sequence[Diagnostic]) -> str:
    """Return them for a person: place and message, then path and code, then what to do."""
    lines = []
    for found in diagnostics:
        lines.append(f"{found.location}: {found.severity.value}: {found.message}")
        detail = f"{found.path}  [{found.code}]" if found.path else f"[{found.code}]"
        lines.append(f"    {detail}")
        if found.suggestion:
            lines.append(f"    -> {found.suggestion}")
    return "\n".join(lines)


def summary(loaded: Loaded) -> str:
    """Return the last line of `dtm validate`: how many errors, or what was found to be right."""
    counts = Counter(found.severity for found in loaded.diagnostics)
    parts = [_count(counts[severity], severity.value) for severity in Severity if counts[severity]]
    if counts[Severity.ERROR]:
        return ", ".join(parts)
    kinds = Counter(resource.id.kind for resource in loaded.resources)
    found = [_count(kinds[kind], kind.value.lower()) for kind in Kind if kinds[kind]]
    if not found:
        return ", ".join([*parts, f"no manifests below {loaded.settings.root}"])
    return ", ".join([*parts, f"valid: {', '.join(found)}"])


def json_text(diagnostics: Sequence[Diagnostic]) -> str:
    """Return them for programs; `format_version` grows when a field changes its meaning."""
    counts = Counter(found.severity for found in diagnostics)
    document = {
        "format_version": FORMAT_VERSION,
        "valid": not counts[Severity.ERROR],
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
        "diagnostics": [
            {
                "file": found.location.file,
                "line": found.location.line,
                "column": found.location.column,
                "severity": found.severity.value,
                "code": found.code,
                "path": found.path,
                "message": found.message,
                "suggestion": found.suggestion,
            }
            for found in diagnostics
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def github(diagnostics: Sequence[Diagnostic], base: str = "") -> str:
    """Return workflow commands, one per line; GitHub shows ten of each severity per step.

    `base` leads from the git repository's root to the tree (`databases/`), for the links.
    """
    return "".join(
        f"::{found.severity.value} file={_property(base + found.location.file)}"
        f",line={found.location.line},col={found.location.column}"
        f",title={_property(found.code)}::{_data(_message(found))}\n"
        for found in diagnostics
    )


def sarif(diagnostics: Sequence[Diagnostic], base: str = "") -> str:
    """Return a SARIF 2.1.0 log with one rule per code that occurs; `base` as for `github`."""
    from dtm.manifests.codes import CODES

    rules = sorted({found.code for found in diagnostics})
    run = {
        "tool": {
            "driver": {
                "name": "dtm",
                "version": __version__,
                "rules": [
                    {"id": code, "shortDescription": {"text": CODES.get(code, code)}}
                    for code in rules
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, rules.index(found.code), base) for found in diagnostics],
    }
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(found: Diagnostic, rule: int, base: str) -> dict[str, Any]:
    place = found.location
    return {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": found.severity.value,
        "message": {"text": _message(found)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(base + place.file)},
                    "region": {"startLine": place.line, "startColumn": place.column},
                }
            }
        ],
    }


def _message(found: Diagnostic) -> str:
    path = f"{found.path}: " if found.path else ""
    hint = f" ({found.suggestion})" if found.suggestion else ""
    return f"{path}{found.message}{hint}"


def _data(value: str) -> str:
    """Escape the message of a workflow command."""
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    """Escape a property of a workflow command."""
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
