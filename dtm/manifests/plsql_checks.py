"""Operations against the PL/SQL they run: procedures, signatures, parameters, bodies."""

from __future__ import annotations

from collections.abc import Mapping

from dtm.manifests.drafts import Draft
from dtm.manifests.findings import Finding, Findings
from dtm.manifests.paths import Path
from dtm.manifests.plsql_calls import Call, operation_calls, probes
from dtm.manifests.plsql_lint import lint
from dtm.manifests.plsql_package import GETTERS, PackageCode, helper_use
from dtm.manifests.sources import Source, report
from dtm.model.declarations import ParameterDecl
from dtm.model.names import display
from dtm.model.resources import Kind
from dtm.model.suggest import did_you_mean
from dtm.plsql.outline import Outline, Parameter, Subprogram, outline

_NOT_TEXT = frozenset(
    {
        *("NUMBER", "INTEGER", "PLS_INTEGER", "BINARY_INTEGER", "FLOAT", "BOOLEAN"),
        *("DATE", "TIMESTAMP", "INTERVAL", "CLOB", "BLOB", "RAW"),
    }
)


def check_package(draft: Draft, findings: Findings) -> PackageCode:
    """Report what is wrong in the sources themselves; return them for the operations' checks."""
    code = PackageCode(draft.name, draft.sources.get("units", ()))
    for source, found in code.outlines:
        _syntax(source, found, findings)
    for table in draft.sources.get("tables", ()):
        _syntax(table, outline(table.text), findings)
    for kind, unit in (("PACKAGE", code.spec), ("PACKAGE BODY", code.body)):
        if unit is None and draft.intact("spec", "sources"):
            message = f"no source creates {kind} {display(draft.name)}"
            found_names = sorted(
                {s.head.name for s in draft.sources["units"] if s.head.type == kind}
            )
            hint = f"{kind}s here: {', '.join(map(display, found_names))}" if found_names else None
            place: Path = ("spec", "sources")
            findings.add(draft.place, Finding(place, "missing-unit", message, hint, at_key=True))
    _check_bodies(code, findings)
    _check_helper(draft, code, findings)
    return code


def _syntax(source: Source, found: Outline, findings: Findings) -> None:
    """Report the outline's errors; one per place, the others follow from it."""
    worst_last = sorted(found.errors, key=lambda error: error.message.startswith("unterminated"))
    by_place = {(problem.line, problem.column): problem for problem in worst_last}
    for place, problem in by_place.items():
        report(findings, source, place, "plsql-syntax", problem.message)


def _check_bodies(code: PackageCode, findings: Findings) -> None:
    """Every declared subprogram needs a body (PLS-00323)."""
    if code.spec is None or code.body is None or not code.sound:
        return
    source, spec = code.spec
    body_source, body = code.body
    if body.wrapped or spec.wrapped or "$IF" in body_source.text.upper():
        return
    defined = {(one.kind, one.name) for one in body.subprograms if one.has_body}
    for one in spec.subprograms:
        if (one.kind, one.name) not in defined and not _is_external(one):
            message = f"{one.kind} {display(one.name)} has no body in {body_source.file}"
            report(findings, source, (one.span.line, one.span.column), "missing-body", message)


def _check_helper(draft: Draft, code: PackageCode, findings: Findings) -> None:
    """Code written for ODTM calls DOM, which is only there with `compat: odtm`."""
    if draft.spec.get("compat") == "odtm":
        return
    for source, _ in code.outlines:
        token = helper_use(source.text, "DOM")
        if token is not None:
            message = "the package calls DOM, the helper of ODTM, which is not rolled out"
            hint = "call DTM, or set compat: odtm"
            report(findings, source, (token.line, token.column), "missing-compat", message, hint)
            return


def _is_external(one: Subprogram) -> bool:
    return one.has_body or any(word.upper() in ("LANGUAGE", "EXTERNAL") for word in one.attributes)


class OperationCheck:
    """Checks one operation against its package's code."""

    def __init__(self, draft: Draft, code: PackageCode, findings: Findings) -> None:
        self._draft = draft
        self._code = code
        self._findings = findings

    def check(self) -> None:
        """Run every check; without a readable, sound package there is nothing to compare with."""
        if not self._code.readable or not self._code.sound:
            return
        calls = list(operation_calls(self._draft))
        for call in calls:
            self._procedure(call)
        for path, name in probes(self._draft):
            self._probe(path, name)
        self._parameters(calls)
        if self._code.body is not None:
            lint(self._code, self._code.body[0], calls, self._findings)

    def _procedure(self, call: Call) -> None:
        declared = self._code.declared(call.procedure)
        if not declared:
            self._missing(call)
            return
        procedures = [one for one in declared if one.kind == "PROCEDURE"]
        if not procedures:
            wanted = f"must be a procedure ({_shown(call.arguments)}); it is a function"
            self._signature(declared[0], wanted)
        elif not any(_accepts(one, len(call.arguments)) for one in procedures):
            is_now = _signature_text(procedures[0])
            wanted = f"must be ({_shown(call.arguments)}); it is {is_now}"
            self._signature(procedures[0], wanted)

    def _missing(self, call: Call) -> None:
        if self._code.may_declare(call.procedure):
            return
        package = display(self._code.name)
        message = f"package {package} declares no procedure {display(call.procedure)}"
        hint = did_you_mean(call.procedure, self._code.declared_names())
        path = call.path
        if path is None:
            path = ("spec", "package")
            hint = f"declare it, or write lifecycle: {{{call.task}: null}}"
        self._findings.add(self._draft.place, Finding(path, "missing-procedure", message, hint))

    def _signature(self, one: Subprogram, wanted: str) -> None:
        assert self._code.spec is not None  # noqa: S101 - `readable` was asked
        message = f"{display(one.name)} {wanted}"
        place = (one.span.line, one.span.column)
        report(self._findings, self._code.spec[0], place, "wrong-signature", message)

    def _probe(self, path: Path, name: str) -> None:
        declared = self._code.declared(name)
        if not declared:
            if not self._code.may_declare(name):
                message = (
                    f"package {display(self._code.name)} declares no function {display(name)}"
                )
                hint = did_you_mean(name, self._code.declared_names())
                found = Finding(path, "missing-procedure", message, hint)
                self._findings.add(self._draft.place, found)
            return
        if not any(
            one.kind == "FUNCTION" and _is_text(one.returns or "") and _accepts(one, 1)
            for one in declared
        ):
            self._signature(
                declared[0], "must be a function (p_handle IN VARCHAR2) RETURN VARCHAR2"
            )

    def _parameters(self, calls: list[Call]) -> None:
        """Every parameter the reachable code reads must be declared, and of the getter's type."""
        if self._code.body is None or self._draft.declarations is None:
            return
        names = [call.procedure for call in calls]
        names += [name for _, name in probes(self._draft)]
        for routine in self._code.reachable(names):
            for use in routine.parameter_uses():
                decl = self._draft.declarations.get(use.name)
                message = _parameter_problem(self._draft.name, use.name, use.getter, decl)
                if message is not None:
                    hint = (
                        did_you_mean(use.name, self._draft.declarations) if decl is None else None
                    )
                    code = "undeclared-parameter" if decl is None else "parameter-getter"
                    place = (use.token.line, use.token.column)
                    report(self._findings, self._code.body[0], place, code, message, hint)


def check_plsql(index: Mapping[Kind, Mapping[str, Draft]], findings: Findings) -> None:
    """Check every package and every operation of a sound package."""
    codes = {}
    for draft in index[Kind.PACKAGE].values():
        if draft.sources:
            codes[draft.name] = check_package(draft, findings)
    for draft in index[Kind.OPERATION].values():
        code = codes.get(draft.spec["package"]) if draft.checkable else None
        if code is not None:
            OperationCheck(draft, code, findings).check()


def _parameter_problem(
    operation: str, name: str, getter: str, decl: ParameterDecl | None
) -> str | None:
    if decl is None:
        return f'operation {operation} declares no parameter "{name}"'
    if decl.type.value != GETTERS[getter]:
        return f"{name} is a {decl.type.value}; {getter} reads a {GETTERS[getter]}"
    return None


def _accepts(one: Subprogram, count: int) -> bool:
    """Say whether `count` texts can be passed by position."""
    given, rest = one.parameters[:count], one.parameters[count:]
    return (
        len(given) == count
        and all(parameter.mode == "IN" and _is_text(parameter.type) for parameter in given)
        and all(parameter.default is not None for parameter in rest)
    )


def _is_text(type_name: str) -> bool:
    """Say whether a type holds text; %TYPE and subtypes cannot be looked up and are believed."""
    return type_name.upper().split("(")[0].split(" ")[0] not in _NOT_TEXT


def _shown(arguments: tuple[str, ...]) -> str:
    return ", ".join(f"{name} IN VARCHAR2" for name in arguments)


def _signature_text(one: Subprogram) -> str:
    def shown(parameter: Parameter) -> str:
        return f"{parameter.name.lower()} {parameter.mode} {parameter.type}"

    return f"({', '.join(map(shown, one.parameters))})" if one.parameters else "without parameters"
