"""Operations against their PL/SQL: each mistake with its place in the .pks, .pkb or manifest."""

from __future__ import annotations

import pytest

from dtm.manifests.loader import load
from tests.unit.manifests import tree


def _replace(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1, f"{old!r} does not occur"
    return text.replace(old, new, 1)


SPEC_MISTAKES = [
    ("copy_rows(p_handle IN VARCHAR2)", "copy_rows", "purge.pks:5:3 wrong-signature",
     "COPY_ROWS must be (p_handle IN VARCHAR2); it is without parameters"),
    ("copy_rows(p_handle IN VARCHAR2)", "copy_rows(p_handle IN NUMBER)",
     "purge.pks:5:3 wrong-signature", "it is (p_handle IN NUMBER)"),
    ("copy_rows(p_handle IN VARCHAR2)", "copy_rows(p_handle IN OUT VARCHAR2)",
     "purge.pks:5:3 wrong-signature", "it is (p_handle IN OUT VARCHAR2)"),
    ("copy_rows(p_handle IN VARCHAR2)", "copy_rows(p_handle VARCHAR2, p_more NUMBER)",
     "purge.pks:5:3 wrong-signature", "p_more IN NUMBER"),
    ("PROCEDURE copy_rows(p_handle IN VARCHAR2)", "FUNCTION copy_rows(h VARCHAR2) RETURN NUMBER",
     "purge.pks:5:3 wrong-signature", "it is a function"),
    (", p_table_name IN VARCHAR2)", ")", "purge.pks:3:3 wrong-signature",
     "ITERATOR must be (p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2)"),
    (", p_after_error IN VARCHAR2)", ")", "purge.pks:4:3 wrong-signature", "FINAL must be"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "message"), SPEC_MISTAKES)
def test_wrong_signatures_are_placed_in_the_specification(tmp_path, old, new, place, message):
    spec = _replace(tree.SPEC, old, new)
    found = tree.loaded(tmp_path, purge_pks=spec).errors
    first = next(d for d in found if tree.brief(d) == place)
    assert message in first.message


@pytest.mark.parametrize(
    "signature",
    [
        "copy_rows(handle VARCHAR2)",
        "copy_rows(p_handle IN purge_state.run_id%TYPE)",
        "copy_rows(p_handle VARCHAR2, p_more NUMBER DEFAULT 1, p_other NUMBER := 2)",
        'copy_rows /* why */ (p_handle\n IN "VARCHAR2")',
        "copy_rows(p_handle NUMBER, p_x DATE); PROCEDURE copy_rows(p_handle VARCHAR2)",
    ],
)
def test_signatures_that_do(tmp_path, signature):
    spec = _replace(tree.SPEC, "copy_rows(p_handle IN VARCHAR2)", signature)
    assert tree.loaded(tmp_path, purge_pks=spec).diagnostics == ()


@pytest.mark.parametrize("phase", ["initial", "iterator", "final"])
def test_life_cycle_procedures_are_mandatory_unless_null(tmp_path, phase):
    def without(text: str) -> str:
        start = text.index(f"  PROCEDURE {phase}(")
        return text[:start] + text[text.index("  PROCEDURE ", start + 5) :]

    parts = {"purge_pks": without(tree.SPEC), "purge_pkb": without(tree.BODY)}
    found = tree.only(tmp_path / "a", **parts)
    assert tree.brief(found) == "operation.yaml:5:12 missing-procedure"
    assert found.message == f"package PURGE declares no procedure {phase.upper()}"
    assert found.suggestion == f"declare it, or write lifecycle: {{{phase}: null}}"
    operation = tree.OPERATION.replace("spec:\n", f"spec:\n  lifecycle: {{{phase}: null}}\n")
    assert tree.loaded(tmp_path / "b", **parts, operation_yaml=operation).diagnostics == ()
    other = tree.OPERATION.replace(
        "spec:\n", f"spec:\n  lifecycle: {{{phase}: {{procedure: X}}}}\n"
    )
    found = tree.only(tmp_path / "c", **parts, operation_yaml=other)
    assert (found.code, found.path) == ("missing-procedure", f"spec.lifecycle.{phase}.procedure")


def test_a_task_without_a_procedure_in_the_package(tmp_path):
    operation = tree.OPERATION.replace("COPY_ROWS", "COPY_ROW")
    found = tree.only(tmp_path, operation_yaml=operation)
    assert tree.brief(found) == "operation.yaml:7:31 missing-procedure"
    assert found.suggestion == 'did you mean "COPY_ROWS"?'


def test_private_procedures_are_not_tasks(tmp_path):
    spec = _replace(tree.SPEC, "  PROCEDURE copy_rows(p_handle IN VARCHAR2);\n", "")
    found = tree.only(tmp_path, purge_pks=spec)
    assert found.message == "package PURGE declares no procedure COPY_ROWS"


def test_probe_functions(tmp_path):
    operation = tree.OPERATION.replace("restart: safe", "restart: probe, probe: is_done")
    found = tree.only(tmp_path / "a", operation_yaml=operation)
    assert tree.brief(found) == "operation.yaml:8:92 missing-procedure"
    good = "  FUNCTION is_done(p_handle IN VARCHAR2) RETURN VARCHAR2;\nEND purge;"
    body = "  FUNCTION is_done(p_handle IN VARCHAR2) RETURN VARCHAR2 IS BEGIN RETURN 'Y'; END;\nEND purge;"
    bodies = {"purge_pkb": _replace(tree.BODY, "END purge;", body), "operation_yaml": operation}
    spec = _replace(tree.SPEC, "END purge;", good)
    assert tree.loaded(tmp_path / "b", purge_pks=spec, **bodies).diagnostics == ()
    spec = spec.replace("RETURN VARCHAR2", "RETURN BOOLEAN")
    found = tree.only(tmp_path / "c", purge_pks=spec, **bodies)
    assert tree.brief(found) == "purge.pks:7:3 wrong-signature"


BODY_MISTAKES = [
    ("'DAYS'", "'DAYZ'", "purge.pkb:9:50 undeclared-parameter",
     'operation purge declares no parameter "DAYZ"', 'did you mean "DAYS"?'),
    ("'DAYS'", "p_name => 'dayz'", "purge.pkb:9:60 undeclared-parameter", '"DAYZ"', "DAYS"),
    ("get_num_param(p_handle, 'DAYS')", "get_string_param(p_handle, 'DAYS')",
     "purge.pkb:9:53 parameter-getter", "DAYS is a number; GET_STRING_PARAM reads a string", ""),
    ("dtm.get_num_param(p_handle, 'DAYS')", "dom.get_date_param(f(1, 'X'), 'DAYS', NULL)",
     "purge.pkb:9:52 parameter-getter", "GET_DATE_PARAM reads a date", ""),
    ("END purge;\n/", "", "purge.pkb:13:65 plsql-syntax", "END of PURGE expected", ""),
    ("v_days NUMBER", "v_days NUMBER := 'open", "purge.pkb:9:64 plsql-syntax", "unterminated", ""),
    ("  PROCEDURE delete_rows(p_handle IN VARCHAR2) IS BEGIN NULL; END;\n", "",
     "purge.pks:6:3 missing-body", "PROCEDURE DELETE_ROWS has no body in purge.pkb", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "hint"),
    BODY_MISTAKES,
)
def test_mistakes_in_the_body(tmp_path, old, new, place, message, hint):
    found = tree.loaded(tmp_path, purge_pkb=_replace(tree.BODY, old, new)).errors
    assert place in [tree.brief(d) for d in found]
    first = next(d for d in found if tree.brief(d) == place)
    assert message in first.message
    assert hint in (first.suggestion or "")


@pytest.mark.parametrize(
    "call",
    [
        "dtm.get_num_param(p_handle, v_name)",
        "dtm.get_num_param(p_handle, 'DAY' || 'S')",
        "other.get_num_param(p_handle, 'WHATEVER')",
        "DTM . GET_NUM_PARAM ( p_handle , 'days' , 'SALES.ORDERS' )",
        "dtm.get_num_param(p_name => 'Days', p_handle => p_handle)",
        "1 /* dtm.get_num_param(p_handle, 'COMMENT') */",
        "LENGTH('dtm.get_num_param(p_handle, ''TEXT'')')",
    ],
)
def test_parameters_that_are_declared_or_cannot_be_known(tmp_path, call):
    body = _replace(tree.BODY, "dtm.get_num_param(p_handle, 'DAYS')", call)
    assert tree.loaded(tmp_path, purge_pkb=body).diagnostics == ()


def test_only_reachable_code_must_fit_an_operation(tmp_path):
    second = tree.OPERATION.replace("name: purge}", "name: other}").replace("DAYS:", "AGE:")
    second = second.replace("    - {name: copy, procedure: COPY_ROWS}\n", "")
    assert tree.loaded(tmp_path / "a", other_yaml=second).diagnostics == ()
    body = _replace(tree.BODY, "PROCEDURE delete_rows(p_handle IN VARCHAR2) IS BEGIN NULL;",
                    "PROCEDURE delete_rows(p_handle IN VARCHAR2) IS BEGIN copy_rows(p_handle);")  # fmt: skip
    found = tree.only(tmp_path / "b", other_yaml=second, purge_pkb=body)
    assert found.message == 'operation other declares no parameter "DAYS"'


def test_what_the_package_itself_runs_is_reachable(tmp_path):
    """The initialisation block calls `warm_up`; a forward declaration alone calls nothing."""
    body = _replace(tree.BODY, "AS\n", "AS\n  PROCEDURE warm_up;\n")
    body = _replace(
        body,
        "END purge;",
        "  PROCEDURE warm_up IS v NUMBER := dtm.get_num_param('1', 'WARM'); BEGIN NULL; END;\n"
        "BEGIN\n  warm_up;\nEND purge;",
    )
    found = tree.only(tmp_path / "a", purge_pkb=body)
    assert found.message == 'operation purge declares no parameter "WARM"'
    body = _replace(body, "BEGIN\n  warm_up;\nEND purge;", "END purge;")
    assert tree.loaded(tmp_path / "b", purge_pkb=body).diagnostics == ()


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("COMMIT;", "COMMIT"),
        ("IF TRUE THEN ROLLBACK WORK; END IF;", "ROLLBACK"),
        ("EXECUTE IMMEDIATE 'truncate table x';", "DDL (TRUNCATE)"),
        ("dtm.execute_immediate(p_handle, 'ALTER TABLE x ENABLE ROW MOVEMENT');", "DDL (ALTER)"),
    ],
)
def test_ends_of_transactions_in_atomic_tasks_are_warned_of(tmp_path, statement, what):
    body = _replace(tree.BODY, "NULL;\n  END;\n", statement + "\n  END;\n")
    found = tree.only(tmp_path, purge_pkb=body)
    assert (found.code, found.severity.value) == ("not-atomic", "warning")
    assert found.message == f'{what} in code that the atomic task "copy" may run'
    assert str(found.location).startswith("purge.pkb:11:")


@pytest.mark.parametrize(
    "statement",
    [
        "ROLLBACK TO before_it;",
        "ROLLBACK TO SAVEPOINT before_it;",
        "v_commit := commit_flag;",
        "EXECUTE IMMEDIATE 'delete from x';",
        "DECLARE v VARCHAR2(9) := 'drop it'; BEGIN NULL; END;",
    ],
)
def test_what_leaves_the_transaction_open(tmp_path, statement):
    body = _replace(tree.BODY, "NULL;\n  END;\n", statement + "\n  END;\n")
    assert tree.loaded(tmp_path, purge_pkb=body).diagnostics == ()


def test_self_committing_tasks_and_autonomous_routines_may_commit(tmp_path):
    body = tree.BODY.replace("delete_rows(p_handle IN VARCHAR2) IS BEGIN NULL;",
                             "delete_rows(p_handle IN VARCHAR2) IS BEGIN COMMIT;")  # fmt: skip
    body = _replace(
        body,
        "  PROCEDURE initial",
        "  PROCEDURE note IS PRAGMA AUTONOMOUS_TRANSACTION; BEGIN COMMIT; END;\n  PROCEDURE initial",
    )
    body = _replace(body, "NULL;\n  END;\n", "note;\n  END;\n")
    assert tree.loaded(tmp_path, purge_pkb=body).diagnostics == ()


def test_an_iterator_that_never_ends_is_warned_of(tmp_path):
    body = _replace(tree.BODY, "RAISE dtm.operation_complete;", "NULL;")
    found = tree.only(tmp_path / "a", purge_pkb=body)
    assert (tree.brief(found), found.severity.value) == ("purge.pkb:3:3 never-complete", "warning")
    for way in ("dtm.raise_complete('done');", "raise_application_error(-20100, 'x');", "ends;"):
        body = _replace(tree.BODY, "RAISE dtm.operation_complete;", way)
        body = _replace(
            body,
            "  PROCEDURE initial",
            "  PROCEDURE ends IS BEGIN RAISE dtm.operation_complete; END;\n  PROCEDURE initial",
        )
        assert tree.loaded(tmp_path / "b", purge_pkb=body).diagnostics == ()


def test_a_final_that_forgets_the_state_after_an_error_is_warned_of(tmp_path):
    final = "PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS BEGIN "
    for number, statement in enumerate(
        ("DELETE FROM purge_state;", "dtm.execute_immediate(p_handle, 'delete from purge_state');")
    ):
        body = _replace(tree.BODY, final, final + statement)
        found = tree.only(tmp_path / str(number), purge_pkb=body)
        assert (found.code, found.location.line) == ("state-lost", 7)
        assert found.message == "FINAL deletes without looking at p_after_error"
        body = _replace(body, statement, f"IF p_after_error = 'N' THEN {statement} END IF;")
        assert tree.loaded(tmp_path / "fine", purge_pkb=body).diagnostics == ()


def test_the_old_helper_needs_compat(tmp_path):
    body = tree.BODY.replace("dtm.get_num", "DOM.get_num")
    found = tree.only(tmp_path / "a", purge_pkb=body)
    assert (tree.brief(found), found.suggestion) == (
        "purge.pkb:9:22 missing-compat",
        "call DTM, or set compat: odtm",
    )
    package = tree.PACKAGE + "  compat: odtm\n"
    assert tree.loaded(tmp_path / "b", purge_pkb=body, package_yaml=package).diagnostics == ()


def test_packages_without_specification_or_body(tmp_path):
    found = tree.only(
        tmp_path / "a", package_yaml=tree.PACKAGE.replace("purge.pkb, ", ""), purge_pkb=None
    )
    assert tree.brief(found) == "package.yaml:5:3 missing-unit"
    assert found.message == "no source creates PACKAGE BODY PURGE"
    other = tree.SPEC.replace("PACKAGE purge", "PACKAGE purg")
    found = tree.only(tmp_path / "b", purge_pks=other)
    assert (found.message, found.suggestion) == (
        "no source creates PACKAGE PURGE",
        "PACKAGEs here: PURG",
    )


def test_wrapped_and_conditional_code_is_believed(tmp_path):
    spec = _replace(
        tree.SPEC, "  PROCEDURE copy_rows", "$IF $$debug $THEN\n$ELSE\n  PROCEDURE copy_rows"
    )
    spec = _replace(spec, "  PROCEDURE delete_rows", "$END\n  PROCEDURE delete_rows")
    body = "CREATE OR REPLACE PACKAGE BODY purge wrapped\na000000\n1\nabcd\n"
    assert tree.loaded(tmp_path, purge_pks=spec, purge_pkb=body).diagnostics == ()


def test_errors_in_templates_are_mapped_back(tmp_path):
    template = "{% for n in range(3) %}\n-- {{ n }}\n{% endfor %}\n" + tree.BODY.replace(
        "DAYS", "DAYZ"
    )
    root = tree.write(
        tmp_path, package_yaml=tree.PACKAGE.replace("purge.pkb", "purge.pkb.j2"), purge_pkb=None
    )
    (root / "purge.pkb.j2").write_text(template)
    found = load(root, {}).diagnostics
    assert [tree.brief(d) for d in found] == ["purge.pkb.j2:12:1 undeclared-parameter"]


def test_an_owner_before_the_name_goes_with_compat_odtm(tmp_path):
    owned = {
        "purge_pks": tree.SPEC.replace("PACKAGE purge AS", 'PACKAGE "DOMOWN"."PURGE" AS'),
        "purge_pkb": tree.BODY.replace("BODY purge AS", "BODY domown.purge AS"),
    }
    assert "source-unit" in {d.code for d in tree.loaded(tmp_path / "without", **owned).errors}
    package = tree.PACKAGE + "  compat: odtm\n"
    found = tree.loaded(tmp_path / "with", package_yaml=package, **owned)
    assert found.errors == ()
    texts = [text for each in found.resources for text in each.sources.values()]
    assert any('PACKAGE "PURGE" AS' in text for text in texts)
    assert not any("domown" in text.lower() for text in texts)
