from __future__ import annotations

from pathlib import Path

import pytest

from dtm.manifests.loader import load
from dtm.model.resources import Kind, ResourceId
from tests.unit.manifests import tree


def test_a_valid_tree_has_no_diagnostics_and_typed_values(tmp_path):
    found = tree.loaded(tmp_path).require()
    assert found.diagnostics == ()
    assert [str(r.id) for r in found.resources] == [
        "Environment/prod",
        "Instance/sales-1",
        "Package/PURGE",
        "Operation/purge",
        "Assignment/purge-prod",
    ]
    inventory = found.inventory
    connect = inventory.instance("sales-1").connect
    assert (connect.user, connect.dsn, str(connect.password)) == (
        "DTM",
        "db1:1521/SALES",
        "env:PW_SALES_1",
    )
    assert [unit.type for unit in inventory.package("PURGE").units] == ["PACKAGE", "PACKAGE BODY"]
    assert (
        inventory.package("PURGE").tables[0].text == "CREATE TABLE purge_state (run_id NUMBER)\n"
    )
    assert inventory.operation("purge").steps[1][0].timeout_s == 5400
    assert inventory.assignment("purge-prod").objects[0][0].name == "SALES.ORDERS"
    assert inventory.assignment("purge-prod").parameters == {"DAYS": 730}


def _digests(root: Path, **changes: str | bytes | None) -> dict[str, str]:
    return {str(r.id): r.digest for r in tree.loaded(root, **changes).require().resources}


def test_digest_ignores_layout_order_comments_and_line_ends(tmp_path):
    before = _digests(tmp_path / "a")
    operation = """\
# a comment
kind: Operation
apiVersion: "dtm/v1"
spec:
  parameters:
    cutoff: {required: false, type: date}
    days: {minimum: 30.0, default: 365, type: number}
  tasks:
  - procedure: copy_rows
    name: copy
    kind: atomic   # the default
  - {procedure: '"DELETE_ROWS"', restart: safe, kind: self-committing, name: delete, timeout: 1h30m}
  package: "PURGE"
  enabled: true
metadata: {name: purge}
"""
    after = _digests(
        tmp_path / "b",
        operation_yaml=operation.replace("\n", "\r\n"),
        purge_pks=b"\xef\xbb\xbf" + tree.SPEC.replace("\n", " \r\n").encode(),
    )
    assert after == before


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("operation_yaml", "90m", "91m", {"Operation/purge"}),
        ("purge_pkb", "RAISE dtm", "RAISE  dtm", {"Package/PURGE"}),
        ("env_yaml", "user: DTM", "user: DTM2", {"Instance/sales-1"}),
        ("env_yaml", "{name: prod}", "{name: prod, owner: me}", {"Environment/prod"}),
        ("state_sql", "NUMBER", "INTEGER", {"Package/PURGE"}),
    ],
)
def test_digest_changes_with_meaning(tmp_path, file, old, new, changed):
    before = _digests(tmp_path / "a")
    text = tree.FILES[file.replace("_", ".")]
    assert old in text
    after = _digests(tmp_path / "b", **{file: text.replace(old, new)})
    assert {name for name, digest in after.items() if before[name] != digest} == changed


def test_several_documents_anchors_merge_keys_and_empty_documents(tmp_path):
    text = """\
---
apiVersion: dtm/v1
kind: Instance
metadata: {name: one, labels: &labels {app: sales, on: "yes", region: no}}
spec: &spec
  environment: prod
  connect: {dsn: a/b}
---
---
apiVersion: dtm/v1
kind: Instance
metadata: {name: two, labels: *labels}
spec:
  <<: *spec
  enabled: false
...
"""
    text = text.replace("*labels", "{app: sales}").replace("<<: *spec", "<<: {environment: prod}")
    text = text.replace("enabled: false", "enabled: false\n  connect: &c {dsn: c/d}\n  expect: {}")
    inventory = tree.loaded(tmp_path, more_yaml=text).require().inventory
    assert inventory.instance("one").labels == {"app": "sales", "on": "yes", "region": "no"}
    assert (inventory.instance("two").enabled, inventory.instance("two").connect.dsn) == (
        False,
        "c/d",
    )


def test_dates_times_and_switches_are_text_not_yaml_1_1(tmp_path):
    assignment = tree.ASSIGNMENT.replace(
        "parameters: {days: 730}",
        "parameters: {DAYS: 0x2DA, CUTOFF: 2024-06-30}\n"
        "  window: {start: 22:00, duration: 6h, days: [SUN, SAT], timezone: Europe/London}\n"
        "  schedule: 0 22 * * sat",
    )
    found = tree.loaded(tmp_path, assignment_yaml=assignment).require().inventory
    purge = found.assignment("purge-prod")
    assert purge.parameters == {"DAYS": 730, "CUTOFF": "2024-06-30T00:00:00"}
    assert purge.window is not None
    assert (purge.window.start, purge.window.days) == ("22:00", ("SAT", "SUN"))
    assert purge.schedule == "0 22 * * SAT"


def test_settings_variables_templates_and_places(tmp_path):
    settings = """\
variables:
  HOST: {env: DB_HOST, default: localhost}
  DAYS: 400
repository: {dsn: "{{ vars.HOST }}:1521/REPO", user: DTM_REPO, password: {command: [pass, show, x]}}
stateDir: state
exclude: [broken]
"""
    instance = tree.INSTANCE.replace("db1:", '"{{ vars.HOST }}:').replace("SALES\n", 'SALES"\n')
    assignment = tree.ASSIGNMENT.replace("730", '"{{ vars.DAYS + 1 }}"')
    root = tree.write(
        tmp_path,
        dtm_yaml=settings,
        instance_yaml=instance,
        assignment_yaml=assignment,
        broken__x_yaml="a: b: c",
        purge_pkb=None,
        package_yaml=tree.PACKAGE.replace("purge.pkb", "purge.pkb.j2"),
    )
    (tmp_path / "purge.pkb.j2").write_text(
        "{# a comment #}\n{% for n in range(2) %}\n-- {{ package.name }} {{ n }}\n{% endfor %}\n"
        + tree.BODY
    )
    found = load(root, {"DB_HOST": "db9"}).require()
    assert found.settings.repository is not None
    assert found.settings.repository.dsn == "db9:1521/REPO"
    assert found.settings.repository.password is not None
    assert found.settings.repository.password.value == ("pass", "show", "x")
    assert found.settings.state_dir == tmp_path / "state"
    assert found.inventory.instance("sales-1").connect.dsn == "db9:1521/SALES"
    assert found.inventory.assignment("purge-prod").parameters == {"DAYS": 401}
    body = found.inventory.package("PURGE").units[1]
    assert body.text.startswith("-- PURGE 0\n-- PURGE 1\nCREATE")
    where = found.source_location("PURGE", "purge.pkb.j2", 11)
    assert body.text.split("\n")[10].strip().startswith("v_days")
    assert str(where) == "purge.pkb.j2:13:1"
    assert found.source_location("PURGE", "other.pkb", 1) is None
    origin = found.locate(ResourceId(Kind.ASSIGNMENT, "purge-prod"), "spec.parameters.DAYS")
    assert str(origin) == "assignment.yaml:9:22"


def test_an_instance_replaces_what_its_environment_says_about_the_address(tmp_path):
    env = tree.ENVIRONMENT.replace("user: DTM", "user: DTM, tnsAlias: SALES")
    other = tree.INSTANCE.replace("sales-1", "sales-2").replace("    dsn: db1:1521/SALES\n", "")
    other = other.replace("  connect:\n", "  connect: {password: {file: pw}}\n")
    inventory = tree.loaded(tmp_path, env_yaml=env, other_yaml=other).require().inventory
    one, two = (inventory.instance(name).connect for name in ("sales-1", "sales-2"))
    assert (one.dsn, one.tns_alias, str(one.password)) == (
        "db1:1521/SALES",
        None,
        "env:PW_SALES_1",
    )
    assert (two.dsn, two.tns_alias, str(two.password)) == (None, "SALES", "file:pw")


def test_whole_numbers_are_one_number_however_they_are_written(tmp_path):
    before = _digests(tmp_path / "a", env_yaml=tree.ENVIRONMENT + "  parameters: {x: 8.0}\n")
    after = _digests(tmp_path / "b", env_yaml=tree.ENVIRONMENT + "  parameters: {X: 8}\n")
    assert before == after


@pytest.mark.parametrize(
    "schedule", ["*/15 * * * *", "0 22 * * FRI-MON", "5,35 0-6/2 1 JAN,jul 0", "0 0 1 * 7"]
)
def test_schedules(tmp_path, schedule):
    assignment = tree.ASSIGNMENT + f"  schedule: '{schedule}'\n"
    inventory = tree.loaded(tmp_path, assignment_yaml=assignment).require().inventory
    assert inventory.assignment("purge-prod").schedule == schedule.upper()
