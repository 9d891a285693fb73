"""Advice about an operation's PL/SQL: what compiles and fits the contract, and still goes wrong.

All of it is read off the text of the package body as far as a task can reach it; what only a
running program knows is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from dtm.manifests.findings import Findings
from dtm.manifests.plsql_calls import Call
from dtm.manifests.plsql_package import PackageCode, Routine
from dtm.manifests.sources import Source
from dtm.model.diagnostics import Diagnostic, Severity
from dtm.model.names import display
from dtm.plsql.lexer import Token

_COMPLETE = frozenset({"OPERATION_COMPLETE", "RAISE_COMPLETE"})
_COMPLETE_NUMBER = "20100"


def lint(code: PackageCode, body: Source, calls: Sequence[Call], findings: Findings) -> None:
    """Warn of what the calls of one operation may run into."""
    for call in calls:
        routines = code.reachable([call.procedure])
        if call.atomic:
            for routine in routines:
                _ends_of_transactions(call, routine, body, findings)
        own = [routine for routine in routines if routine.name == call.procedure]
        if own and call.task == "iterator":
            _never_complete(own[0], routines, body, findings)
        if own and call.task == "final":
            _forgets_state(own[0], code, body, findings)


def _ends_of_transactions(call: Call, routine: Routine, body: Source, findings: Findings) -> None:
    """An atomic task must not end its transaction; the runner would find it not atomic."""
    for what, token in routine.transaction_ends():
        message = f'{what} in code that the atomic task "{call.task}" may run'
        hint = "make the task self-committing, or leave it out"
        _warn(findings, body, token, "not-atomic", message, hint)


def _never_complete(
    own: Routine, routines: Sequence[Routine], body: Source, findings: Findings
) -> None:
    """An iterator that never raises ORA-20100 repeats the operation for ever."""
    for routine in routines:
        if routine.words & _COMPLETE or any(_COMPLETE_NUMBER in t.text for t in routine.tokens):
            return
    message = f"{display(own.name)} never says that nothing is left; iterations would not end"
    hint = "raise dtm.operation_complete (ORA-20100) when there is nothing to do"
    _warn(findings, body, own.tokens[0], "never-complete", message, hint)


def _forgets_state(own: Routine, code: PackageCode, body: Source, findings: Findings) -> None:
    """After an error the restart needs the state rows, so FINAL must look at its second argument."""
    declared = next((d for d in code.declared(own.name) if len(d.parameters) > 1), None)
    if declared is None or _uses(own, declared.parameters[1].name):
        return
    for token in own.tokens:
        if token.value in ("DELETE", "TRUNCATE") or token.text[1:].upper().startswith("DELETE "):
            name = declared.parameters[1].name.lower()
            message = f"{display(own.name)} deletes without looking at {name}"
            hint = f"after an error ({name} = 'Y') the restart needs the state rows"
            _warn(findings, body, token, "state-lost", message, hint)
            return


def _uses(routine: Routine, name: str) -> bool:
    """Say whether a parameter occurs after the header that declares it."""
    return sum(token.value == name for token in routine.tokens) > 1


def _warn(
    findings: Findings, body: Source, token: Token, code: str, message: str, hint: str
) -> None:
    location = body.location(token.line, token.column)
    findings.add_diagnostic(Diagnostic(location, Severity.WARNING, code, message, suggestion=hint))
