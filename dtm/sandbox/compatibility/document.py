"""Puts the document together, section by section."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from dtm.plsql.outline import outline
from dtm.sandbox.compatibility.prose import COARSER, HEAD
from dtm.sandbox.compatibility.refusals import refusals
from dtm.sandbox.interpreter import builtins, registry
from dtm.sandbox.kernel.errors import MESSAGES
from dtm.sandbox.sql import (
    ddl,
    ddl_alter_table,
    ddl_types,
    ddl_units,
    dictionary,
    functions,
    partitions_ddl,
)
from dtm.sandbox.sql.functions import registry as sql_functions
from dtm.sandbox.sql.translate_aggregates import AGGREGATES, ANALYTIC
from dtm.sandbox.sql.translate_aggregates import UNSUPPORTED as UNSUPPORTED_AGGREGATES
from dtm.sandbox.sql.translate_calls import UNSUPPORTED as UNSUPPORTED_CALLS
from dtm.sandbox.sql.translate_functions import SPECIAL

WIDTH = 100
REGISTERED = (builtins.MODULES, functions.__all__)  # imported because importing registers


def text() -> str:
    """The whole document, one newline at its end."""
    sections = (HEAD, COARSER, _sql(), _ddl(), _packages(), _views(), _refused(), _errors())
    return "\n".join(section.rstrip("\n") + "\n" for section in sections)


def _list(words: Iterable[str]) -> str:
    """Words in lines, sorted."""
    joined = ", ".join(sorted(set(words)))
    return textwrap.fill(joined, WIDTH, break_long_words=False, break_on_hyphens=False)


def _sql() -> str:
    plain = {*sql_functions.names(), *SPECIAL}
    return f"""\
## SQL

SELECT (joins, (+), LATERAL, APPLY, subquery factoring with recursion, CONNECT BY, PIVOT, UNPIVOT,
GROUPING SETS, analytic functions, FETCH FIRST, SAMPLE, FOR UPDATE), INSERT (ALL, FIRST), UPDATE,
DELETE, MERGE - on tables, on updatable views, on views with INSTEAD OF triggers, on one partition -,
RETURNING, LOG ERRORS (not of MERGE), LOCK TABLE, transaction control.

Functions

{_list(plain)}

Aggregate functions

{_list(AGGREGATES)}

Analytic functions, besides the aggregates with OVER

{_list(ANALYTIC)}

Data types of columns

{_list(ddl_types.KINDS)}
"""


def _ddl() -> str:
    # Units, views and synonyms may be CREATE OR REPLACE and are found before the others.
    replaceable = {"SYNONYM", "VIEW", *ddl_units.UNIT_WORDS}
    kinds = {verb: set(ddl.STATEMENTS[verb]) for verb in ("CREATE", "ALTER", "DROP")}
    kinds["CREATE"] |= replaceable
    others = sorted(set(ddl.STATEMENTS[""]) - set(kinds))
    return "\n".join(
        [
            "## DDL",
            "",
            "The words that follow the verb; what is refused of these statements is listed below.",
            "",
            *(_item(verb, sorted(words)) for verb, words in kinds.items()),
            _item("ALTER TABLE", sorted(ddl_alter_table.CLAUSES)),
            _item("ALTER TABLE, of partitions", sorted(partitions_ddl.CLAUSES)),
            f"- {', '.join(others)}; ALTER SESSION, ALTER SYSTEM",
            "",
        ]
    )


def _item(title: str, words: Iterable[str], between: str = ", ") -> str:
    """An item of a list, wrapped."""
    return textwrap.fill(
        f"- {title}: {between.join(words)}",
        WIDTH,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _packages() -> str:
    lines = [
        "## Supplied PL/SQL packages",
        "",
        'In a "recording stub" calls are checked against the specification and recorded, and do',
        'nothing: no job runs, no mail leaves. "Complete": a subprogram that is missing here is',
        'missing in Oracle. "Grant": needs a grant of EXECUTE.',
        "",
    ]
    for package in registry.every():
        marks = [
            *(["recording stub"] if package.stub else []),
            *(["complete"] if package.complete else []),
            *([] if package.granted else ["grant"]),
        ]
        names = _subprograms(package.specification) or ["constants only"]
        note = f" ({', '.join(marks)})" if marks else ""
        lines.append(_item(f"{package.name}{note}", names))
    return "\n".join(lines) + "\n"


def _subprograms(specification: str) -> list[str]:
    units = outline(specification).units
    return sorted({s.name for unit in units for s in unit.subprograms})


def _views() -> str:
    """Families once, with the columns of the DBA_ view."""
    lines = ["## Dictionary views", ""]
    views = dictionary.VIEWS
    bases = {n[4:] for n in views if n.startswith("DBA_")}
    for name in sorted(views, key=lambda n: n.removeprefix("DBA_")):
        base = name[4:] if name.startswith("DBA_") else None
        if base is None and name.partition("_")[2] in bases:
            continue  # a USER_ or ALL_ view: stands with its family
        family = [f"{prefix}_{base}" for prefix in ("USER", "ALL", "DBA")] if base else [name]
        title = ", ".join(m.replace("V_$", "V$", 1) for m in family if m in views)
        lines.append(_item(title, (column.name for column in views[name].columns), " "))
    lines += ["", "The USER_ views have no OWNER column. Columns nobody can fill are NULL."]
    return "\n".join(lines) + "\n"


def _refused() -> str:
    rows = [f"| {r.number:03d} | {r.area} | {r.construct} |" for r in refusals()]
    return "\n".join(
        [
            "## Refused",
            "",
            '"..." stands for the word that was met. 999 is a bug of the sandbox.',
            "",
            "| DTM-SBX | Where | Construct |",
            "| --- | --- | --- |",
            *rows,
            "",
            "SQL functions refused by name (152, 156)",
            "",
            _list(UNSUPPORTED_CALLS | UNSUPPORTED_AGGREGATES),
            "",
            "Kinds of objects refused in CREATE, ALTER or DROP where the lists above lack them"
            " (402, 403, 404)",
            "",
            _list(ddl.KNOWN_KINDS),
            "",
            "Packages, types and event functions refused by name (650)",
            "",
            _list(registry.NOT_SUPPLIED),
            "",
        ]
    )


def _errors() -> str:
    rows = [f"- ORA-{code:05d}: {message}" for code, message in sorted(MESSAGES.items())]
    return "\n".join(["## Oracle errors it raises", "", *rows, ""])
