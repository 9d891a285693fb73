"""Documents of the wrong shape or with references that lead nowhere: place, code, advice."""

from __future__ import annotations

import pytest

from tests.unit.manifests import tree

SHAPE = [
    ("env_yaml", "kind: Environment", "kind: Enviroment", "env.yaml:2:7 unknown-kind",
     'unknown kind "Enviroment"', 'did you mean "Environment"?'),
    ("env_yaml", "dtm/v1", "dtm/v2", "env.yaml:1:13 api-version", 'not "dtm/v1"', "write apiVersion"),
    ("env_yaml", "{name: prod}", "{}", "env.yaml:3:1 missing-field", '"name" is missing', None),
    ("env_yaml", "{name: prod}", "{name: -prod}", "env.yaml:3:18 invalid-value",
     '"-prod" is not a name of letters', None),
    ("env_yaml", "{name: prod}", "{name: 5}", "env.yaml:3:18 wrong-type", "number 5", 'quote it: "5"'),
    ("instance_yaml", "environment: prod", "enviroment: prod", "instance.yaml:5:3 unknown-field",
     'unknown field "enviroment"', 'did you mean "environment"?'),
    ("instance_yaml", "  environment: prod\n", "", "instance.yaml:4:1 missing-field",
     '"environment" is missing', None),
    ("instance_yaml", "  environment: prod\n", "  environment: prod\n  enabled: yes\n",
     "instance.yaml:6:12 wrong-type", 'expected true or false, found text "yes"', "write true"),
    ("instance_yaml", "dsn: db1:1521/SALES", "host: db1", "instance.yaml:7:5 unknown-field",
     'unknown field "host"', "fields here"),
    ("instance_yaml", "app: sales", "tier: 1", "instance.yaml:3:42 wrong-type",
     "expected text, found the number 1", 'quote it: "1"'),
    ("operation_yaml", "self-committing", "self-comitting", "operation.yaml:8:52 wrong-value",
     'is not one of atomic, self-committing', 'did you mean "self-committing"?'),
    ("operation_yaml", "timeout: 90m", "timeout: 90", "operation.yaml:8:93 wrong-type",
     "expected a duration such as 30s", "for example 30s"),
    ("operation_yaml", "timeout: 90m", "timeout: 90 min", "operation.yaml:8:93 invalid-value",
     '"90 min" is not a duration such as', None),
    ("operation_yaml", "timeout: 90m", "timeuot: 90m", "operation.yaml:8:84 unknown-field",
     'unknown field "timeuot"', 'did you mean "timeout"?'),
    ("operation_yaml", "restart: safe", "restart: probe", "operation.yaml:8:7 missing-field",
     '"probe" is missing', None),
    ("operation_yaml", "kind: self-committing, ", "", "operation.yaml:8:46 conflict",
     "this one is atomic", "add kind: self-committing"),
    ("operation_yaml", "{name: delete,", "{name: Copy,", "operation.yaml:8:14 duplicate-name",
     'another task is named "copy"', None),
    ("operation_yaml", "procedure: COPY_ROWS", "procedure: COPY@LINK",
     "operation.yaml:7:31 invalid-value", "not an Oracle name", None),
    ("operation_yaml", "procedure: COPY_ROWS", f"procedure: {'P' * 31}",
     "operation.yaml:7:31 oracle-name", "has 31 bytes", None),
    ("operation_yaml", "tasks:\n    - {name: copy, procedure: COPY_ROWS}",
     "tasks:\n    - parallel: [{name: copy, procedure: COPY_ROWS}]",
     "operation.yaml:7:7 invalid-value", "needs at least 2", None),
    ("operation_yaml", "minimum: 30", "minimum: 400", "operation.yaml:10:35 parameter-value",
     "365 is less than the minimum 400", None),
    ("operation_yaml", "type: date", "type: datum", "operation.yaml:11:20 wrong-value",
     "not one of number, string, date", None),
    ("operation_yaml", "default: 365", 'default: "365"', "operation.yaml:10:35 parameter-value",
     "'365' is not a number", "without quotes"),
    ("operation_yaml", "required: false", "required: false, default: 2024-02-30",
     "operation.yaml:11:52 parameter-value", "is not a date", None),
    ("assignment_yaml", "labels: {app: sales}", "label: {app: sales}",
     "assignment.yaml:7:15 unknown-field", 'unknown field "label"', 'did you mean "labels"?'),
    ("assignment_yaml", "[sales.orders]", "[orders]", "assignment.yaml:8:13 invalid-value",
     "not an Oracle object of the form OWNER.NAME", None),
    ("assignment_yaml", "[sales.orders]", "[sales.orders, SALES.ORDERS]",
     "assignment.yaml:8:27 duplicate-item", "already in the list", None),
    ("assignment_yaml", "[sales.orders]", "sales.orders", "assignment.yaml:8:12 wrong-type",
     "expected a list", "[...]"),
    ("package_yaml", "[purge.pkb, purge.pks]", "[]", "package.yaml:5:3 invalid-value",
     "must not be empty", None),
]  # fmt: skip

SHAPE += [
    ("operation_yaml", "{name: copy,", "{name: final,", "operation.yaml:7:14 reserved-name",
     "life cycle procedure", None),
    ("env_yaml", "spec:\n", "spec:\n  rollout: {waves: [1, 50%, 25%]}\n",
     "env.yaml:5:29 invalid-value", "waves are cumulative", None),
    ("env_yaml", "spec:\n", "spec:\n  rollout: {waves: [5, 5]}\n",
     "env.yaml:5:24 invalid-value", "waves are cumulative", None),
    ("env_yaml", "spec:\n", "spec:\n  rollout: {waves: [0, 101%]}\n",
     "env.yaml:5:24 invalid-value", "101%", None),
    ("assignment_yaml", "spec:\n", "spec:\n  schedule: 0 25 * * SAT\n",
     "assignment.yaml:5:13 invalid-value", '"25" is not a valid hour (0 to 23)', "fields"),
    ("assignment_yaml", "spec:\n", "spec:\n  schedule: 0 22 * * SATURDAY\n",
     "assignment.yaml:5:13 invalid-value", '"SATURDAY" is not a valid day of the week', "fields"),
    ("assignment_yaml", "spec:\n", "spec:\n  schedule: 30-10 22 * * *\n",
     "assignment.yaml:5:13 invalid-value", '"30-10" is not a valid minute', "fields"),
    ("assignment_yaml", "spec:\n", "spec:\n  schedule: daily\n",
     "assignment.yaml:5:13 invalid-value", "not a cron expression of five fields", None),
    ("assignment_yaml", "spec:\n",
     "spec:\n  window: {start: 22:00, duration: 6h, timezone: Europe/Lndon}\n",
     "assignment.yaml:5:50 invalid-value", "not a time zone", "Europe/London"),
    ("assignment_yaml", "spec:\n", "spec:\n  window: {start: 24:00, duration: 6h}\n",
     "assignment.yaml:5:19 invalid-value", "not a time such as", None),
    ("assignment_yaml", "spec:\n", "spec:\n  overrides: [{enabled: false}]\n",
     "assignment.yaml:5:15 missing-field", '"instance" or "object" is missing', None),
    ("assignment_yaml", "spec:\n",
     "spec:\n  overrides: [{instance: sales-1}, {instance: sales-1, enabled: false}]\n",
     "assignment.yaml:5:36 duplicate-item", "same instance and object", "merge the two"),
    ("assignment_yaml", "[sales.orders]", "[[sales.orders, sales.lines]]",
     "assignment.yaml:8:3 no-effect", "perInstance: 1", "concurrency.perInstance"),
]  # fmt: skip

REFERENCES = [
    ("instance_yaml", "environment: prod", "environment: prd", "instance.yaml:5:16",
     'no Environment named "prd"', 'did you mean "prod"?'),
    ("operation_yaml", "package: purge", "package: purge_all", "operation.yaml:5:12",
     'no Package named "PURGE_ALL"', "PURGE"),
    ("operation_yaml", "spec:\n", "spec:\n  environments: {prd: {enabled: false}}\n",
     "operation.yaml:5:18", 'no Environment named "prd"', 'did you mean "prod"?'),
    ("assignment_yaml", "operation: purge", "operation: prge", "assignment.yaml:5:14",
     'no Operation named "prge"', 'did you mean "purge"?'),
    ("assignment_yaml", "labels: {app: sales}", "names: [sales-1, sales-2]",
     "assignment.yaml:7:32", 'no Instance named "sales-2"', 'did you mean "sales-1"?'),
    ("assignment_yaml", "spec:\n", "spec:\n  overrides: [{object: SALES.ORDER, enabled: false}]\n",
     "assignment.yaml:5:24", "SALES.ORDER is not among", 'did you mean "SALES.ORDERS"?'),
    ("assignment_yaml", "spec:\n", "spec:\n  overrides: [{instance: sales-9, enabled: false}]\n",
     "assignment.yaml:5:26", 'no Instance named "sales-9"', 'did you mean "sales-1"?'),
]  # fmt: skip

PARAMETERS = [
    ("{days: 730}", "{DAYZ: 730}", "assignment.yaml:9:16 undeclared-parameter",
     'declares no parameter "DAYZ"', 'did you mean "DAYS"?'),
    ("{days: 730}", '{days: "730"}', "assignment.yaml:9:22 parameter-value", "not a number",
     "without quotes"),
    ("{days: 730}", "{days: 7}", "assignment.yaml:9:22 parameter-value",
     "DAYS: 7 is less than the minimum 30", None),
    ("{days: 730}", "{days: 730, DAYS: 731}", "assignment.yaml:9:27 duplicate-key",
     "another case", None),
    ("{days: 730}", "{CUTOFF: 31.12.2024}", "assignment.yaml:9:24 parameter-value",
     "not an ISO 8601 date", None),
    ("{days: 730}", "{days: true}", "assignment.yaml:9:22 wrong-type",
     "expected a number or text, found true", None),
    ("{days: 730}", f"{{days: {'9' * 39}}}", "assignment.yaml:9:22 parameter-value",
     "at most 38 digits", None),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "place", "message", "hint"), SHAPE)
def test_wrong_shape(tmp_path, file, old, new, place, message, hint):
    found = tree.loaded(tmp_path, **tree.broken(file, old, new)).diagnostics
    assert place in [tree.brief(d) for d in found]
    first = next(d for d in found if tree.brief(d) == place)
    assert message in first.message
    assert (hint or "") in (first.suggestion or "")


@pytest.mark.parametrize(("file", "old", "new", "place", "message", "hint"), REFERENCES)
def test_dangling_reference(tmp_path, file, old, new, place, message, hint):
    found = tree.only(tmp_path, **tree.broken(file, old, new))
    assert tree.brief(found) == place + " dangling-reference"
    assert message in found.message
    assert hint in (found.suggestion or "")


@pytest.mark.parametrize(("old", "new", "place", "message", "hint"), PARAMETERS)
def test_parameter_values(tmp_path, old, new, place, message, hint):
    found = tree.only(tmp_path, **tree.broken("assignment_yaml", old, new))
    assert tree.brief(found) == place
    assert message in found.message
    assert (hint or "") in (found.suggestion or "")


def test_environment_values_must_fit_the_operations_that_declare_them(tmp_path):
    env = tree.ENVIRONMENT + "  parameters: {UNKNOWN: x, days: 3}\n"
    found = tree.only(tmp_path, env_yaml=env)
    assert str(found.location) == "env.yaml:7:34"
    assert found.message == "DAYS of operation purge: 3 is less than the minimum 30"


def test_a_required_parameter_without_a_value_is_a_warning(tmp_path):
    operation = tree.OPERATION.replace("default: 365, ", "")
    assignment = tree.ASSIGNMENT.replace("  parameters: {days: 730}\n", "")
    found = tree.only(tmp_path / "a", operation_yaml=operation, assignment_yaml=assignment)
    assert (tree.brief(found), found.severity.value) == ("assignment.yaml:4:1 no-value", "warning")
    assert "--param DAYS=VALUE" in (found.suggestion or "")
    given = {
        "env_yaml": tree.ENVIRONMENT + "  parameters: {days: 31}\n",
        "operation_yaml": operation + "  environments: {prod: {parameters: {days: 31}}}\n",
        "assignment_yaml": assignment
        + "  overrides: [{object: SALES.ORDERS, parameters: {DAYS: 31}}]\n",
    }
    for number, (name, text) in enumerate(given.items()):
        files = {"operation_yaml": operation, "assignment_yaml": assignment, name: text}
        assert tree.loaded(tmp_path / str(number), **files).diagnostics == ()


def test_instances_that_are_not_the_assignments(tmp_path):
    other = tree.INSTANCE.replace("sales-1", "sales-2").replace("app: sales", "app: hr")
    overrides = "  overrides: [{instance: sales-2, enabled: false}]\n"
    found = tree.only(
        tmp_path / "a", other_yaml=other, assignment_yaml=tree.ASSIGNMENT + overrides
    )
    assert tree.brief(found) == "assignment.yaml:10:26 dangling-reference"
    assert found.message == 'instance "sales-2" is not selected by this assignment'
    dev = tree.ENVIRONMENT.replace("name: prod", "name: dev")
    named = tree.ASSIGNMENT.replace("labels: {app: sales}", "names: [sales-1, sales-2]")
    found = tree.only(
        tmp_path / "b",
        dev_yaml=dev,
        other_yaml=other.replace("prod", "dev"),
        assignment_yaml=named,
    )
    assert tree.brief(found) == "assignment.yaml:7:32 dangling-reference"
    assert found.message == 'instance "sales-2" belongs to environment dev, not to prod'


def test_a_selection_of_nothing_is_a_warning(tmp_path):
    found = tree.only(
        tmp_path, assignment_yaml=tree.ASSIGNMENT.replace("app: sales", "app: [hr, crm]")
    )
    assert (tree.brief(found), found.severity.value) == (
        "assignment.yaml:7:3 nothing-selected",
        "warning",
    )


def test_a_package_name_oracle_would_not_take(tmp_path):
    found = tree.loaded(tmp_path, package_yaml=tree.PACKAGE.replace("PURGE}", "P" * 31 + "}"))
    assert tree.brief(found.errors[-1]) == "package.yaml:3:18 oracle-name"
    longer = tree.loaded(
        tmp_path,
        package_yaml=tree.PACKAGE.replace("PURGE}", "P" * 31 + "}"),
        dtm_yaml="identifierBytes: 128\n",
    )
    assert "oracle-name" not in [d.code for d in longer.errors]


def test_defaults_that_render_to_something_else(tmp_path):
    env = tree.ENVIRONMENT.replace("user: DTM", "user: '{{ vars.USER }}'")
    found = tree.only(tmp_path, env_yaml=env, dtm_yaml="variables: {USER: 5}\n")
    assert tree.brief(found) == "env.yaml:6:21 wrong-type"
    assert found.message.endswith("found the number 5 (for instance sales-1)")


@pytest.mark.parametrize("name", ["sales-1", "SALES-1"])
def test_two_resources_of_one_name(tmp_path, name):
    found = tree.only(tmp_path, other_yaml=tree.INSTANCE.replace("sales-1", name))
    assert tree.brief(found) == "other.yaml:3:18 duplicate-name"
    assert "instance.yaml" in found.message


def test_renames(tmp_path):
    def instance(name: str, old: str) -> str:
        return tree.INSTANCE.replace("name: sales-1", f"name: {name}, renamedFrom: {old}")

    found = tree.loaded(
        tmp_path,
        a_yaml=instance("a", "b"),
        b_yaml=instance("b", "a"),
        c_yaml=instance("c", "c"),
        d_yaml=instance("d", "sales-1"),
        e_yaml=instance("e", "old"),
        f_yaml=instance("f", "old"),
    ).diagnostics
    assert [(tree.brief(d), d.message.split(",")[0]) for d in found] == [
        ("a.yaml:3:34 rename", 'a cycle: "b" says that it was renamed from "a"'),
        ("b.yaml:3:34 rename", 'a cycle: "a" says that it was renamed from "b"'),
        ("c.yaml:3:34 rename", "a resource cannot be renamed from its own name"),
        ("d.yaml:3:34 rename", 'Instance "sales-1" still exists'),
        ("f.yaml:3:34 rename", '"e" also says that it was renamed from "old"'),
    ]


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        ("env_yaml", '{env: "PW_{{ instance.name | env_name }}"}', SECRET, "env.yaml:6:36"),
        (
            "env_yaml",
            '{env: "PW_{{ instance.name | env_name }}"}',
            f"{{value: {SECRET}}}",
            "env.yaml:6:37",
        ),
        ("instance_yaml", "dsn: db1", f"dsn: dtm/{SECRET}@db1", "instance.yaml:7:10"),
        ("instance_yaml", "connect:", f"connect:\n    user: dtm/{SECRET}", "instance.yaml:7:11"),
        (
            "instance_yaml",
            "connect:",
            f"connect:\n    walletPassword: [{SECRET}]",
            "instance.yaml:7:5",
        ),
        ("instance_yaml", "connect:", f"connect:\n    secret: {SECRET}", "instance.yaml:7:5"),
    ],
)
def test_a_literal_secret_is_refused_and_never_repeated(tmp_path, file, old, new, place):
    found = tree.loaded(tmp_path, **tree.broken(file, old, new)).diagnostics
    code = "unknown-field" if "secret:" in new or "value:" in new else "literal-secret"
    assert f"{place} {code}" in [tree.brief(d) for d in found]
    assert SECRET not in "\n".join(map(str, found))


def test_instance_defaults_are_checked_per_instance(tmp_path):
    found = tree.loaded(
        tmp_path,
        env_yaml=tree.ENVIRONMENT.replace("instance.name", "instance.nam").replace(
            "user: DTM, ", ""
        ),
        other_yaml=tree.INSTANCE.replace("sales-1", "sales-2").replace(
            "dsn: db1:1521/SALES", "user: X"
        ),
    ).diagnostics
    assert [(tree.brief(d), d.message, d.suggestion) for d in found[:2]] == [
        (
            "env.yaml:6:31 template",
            f'template: "nam" is undefined (for instance {name})',
            'did you mean "name"?',
        )
        for name in ("sales-1", "sales-2")
    ]
    fixed = tree.loaded(
        tmp_path,
        env_yaml=tree.ENVIRONMENT.replace("user: DTM, ", ""),
        other_yaml=tree.INSTANCE.replace("sales-1", "sales-2").replace(
            "dsn: db1:1521/SALES", "user: X"
        ),
    ).diagnostics
    assert [(tree.brief(d), d.message) for d in fixed] == [
        ("instance.yaml:6:3 missing-field", '"user" is missing'),
        ("other.yaml:6:3 missing-field", '"dsn" (or "tnsAlias") is missing'),
    ]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("repositry: {}\n", "dtm.yaml:1:1 unknown-field", "repositry"),
        ("repository: {dsn: a/b, user: x}\n", "dtm.yaml:1:1 missing-field", "password"),
        ("variables: {A: {env: NOT_SET_ANYWHERE}}\n", "dtm.yaml:1:13 missing-variable", "not set"),
        ("variables: {A: '{{ vars.B }}'}\n", "dtm.yaml:1:16 template", "template itself"),
        ("manifests: [nowhere]\n", "dtm.yaml:1:13 unreadable", "does not exist"),
        ("manifests: [..]\n", "dtm.yaml:1:13 outside-tree", "outside"),
        ("stateDir: '{{ vars.X }}'\n", "dtm.yaml:1:11 template", '"X" is undefined'),
        ("a: b: c\n", "dtm.yaml:1:5 yaml-syntax", "mapping values"),
        ("{}\n---\n{}\n", "dtm.yaml:3:1 settings", "one document"),
    ],
)
def test_bad_settings(tmp_path, text, place, message):
    found = tree.loaded(tmp_path, dtm_yaml=text).diagnostics
    assert tree.brief(found[0]) == place
    assert message in found[0].message


def test_templates_are_sandboxed(tmp_path):
    secret = '"{{ instance.__class__.__mro__ }}"'
    found = tree.loaded(
        tmp_path, **tree.broken("instance_yaml", "db1:1521/SALES", secret)
    ).diagnostics
    assert tree.brief(found[0]) == "instance.yaml:7:10 template"


def test_one_pass_finds_everything_and_no_consequences(tmp_path):
    """Wrong shape, values, references and PL/SQL together; nothing is reported twice."""
    operation = tree.OPERATION.replace("COPY_ROWS", "COPY_ROW").replace(
        "timeout: 90m", "timeout: 90"
    )
    operation += "  environments: {prd: {}}\n"
    found = tree.loaded(
        tmp_path,
        env_yaml=tree.ENVIRONMENT.replace("user: DTM", "usr: DTM") + "  parameters: {DAYS: 1}\n",
        instance_yaml=tree.INSTANCE.replace("dsn:", "dns:"),
        operation_yaml=operation,
        assignment_yaml=tree.ASSIGNMENT.replace("days: 730", "dayz: 730").replace(
            "prod\n", "prd\n"
        ),
        purge_pks=tree.SPEC.replace(", p_after_error IN VARCHAR2)", ")"),
        purge_pkb=tree.BODY.replace("NULL;", "x(dtm.get_num_param(p_handle, 'DAY'));", 1),
    ).diagnostics
    assert [tree.brief(d) for d in found] == [
        "assignment.yaml:6:16 dangling-reference",
        "assignment.yaml:9:16 undeclared-parameter",
        "env.yaml:6:15 unknown-field",
        "instance.yaml:7:5 unknown-field",
        "operation.yaml:7:31 missing-procedure",
        "operation.yaml:8:93 wrong-type",
        "operation.yaml:12:18 dangling-reference",
        "purge.pkb:2:82 undeclared-parameter",
        "purge.pks:4:3 wrong-signature",
    ]


def test_what_depends_on_a_wrong_field_is_not_reported(tmp_path):
    operation = tree.OPERATION.replace("self-committing", "selfcommitting")
    found = tree.only(tmp_path, operation_yaml=operation)
    assert tree.brief(found) == "operation.yaml:8:52 wrong-value"


def test_a_broken_declaration_does_not_make_its_uses_undeclared(tmp_path):
    operation = tree.OPERATION.replace("DAYS: {type: number", "DAYS: {type: numbr")
    found = tree.only(tmp_path, operation_yaml=operation)
    assert tree.brief(found) == "operation.yaml:10:18 wrong-value"


def test_what_yaml_or_a_template_spoils_is_reported_once(tmp_path):
    templated = tree.ASSIGNMENT.replace("730", '"{{ vars.NOPE }}"')
    found = tree.only(tmp_path / "a", assignment_yaml=templated)
    assert tree.brief(found) == "assignment.yaml:9:22 template"
    found = tree.only(tmp_path / "b", assignment_yaml=tree.ASSIGNMENT.replace("730", "0730"))
    assert tree.brief(found) == "assignment.yaml:9:22 ambiguous-number"
