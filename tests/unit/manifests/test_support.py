"""What the command line stands on: settings, parameters with their origin, formats, the own tree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dtm.cli import view_diagnostics as view
from dtm.errors import ConfigurationError, InvalidManifests, UsageError
from dtm.manifests import Settings, find_root, load, read_settings
from dtm.manifests.codes import CODES
from dtm.manifests.params import Question, parameter_rows
from dtm.model.diagnostics import Diagnostic, Severity
from dtm.model.instance import ConnectSpec, SecretKind, SecretRef
from dtm.model.resources import Location
from dtm.model.selection import one_assignment
from tests.unit.manifests import tree

ROOT = Path(__file__).parents[3]


def test_the_starter_content_of_this_repository_is_valid():
    loaded = load(ROOT, {}).require()
    assert loaded.diagnostics == ()
    assert len(loaded.inventory.instances("dev")) == 2
    assert len(loaded.inventory.instances("prod")) == 4
    tasks = list(loaded.inventory.operation("purge-orders").tasks())
    assert len(tasks) == 7
    assert view.summary(loaded).startswith("valid: 2 environments, 6 instances, 2 packages")


def test_params_show_layer_file_and_line(tmp_path):
    assignment = tree.ASSIGNMENT + (
        "  overrides:\n    - {object: SALES.ORDERS, parameters: {cutoff: 2024-06-30}}\n"
    )
    loaded = tree.loaded(tmp_path, assignment_yaml=assignment).require()
    rows = parameter_rows(loaded, Question("purge", "prod", object="sales.orders"))
    assert [(row.name, row.value, row.layer, row.origin) for row in rows] == [
        (
            "CUTOFF",
            "2024-06-30T00:00:00",
            "assignment, object",
            "Assignment/purge-prod (assignment.yaml:11:51)",
        ),
        ("DAYS", "730", "assignment", "Assignment/purge-prod (assignment.yaml:9:22)"),
    ]
    plain = parameter_rows(loaded, Question("purge", "prod", overrides=(("days", "31"),)))
    assert [(row.name, row.value, row.layer) for row in plain] == [
        ("CUTOFF", None, "operation default"),
        ("DAYS", "31", "command line"),
    ]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (Question("prge", "prod"), 'no Operation named "prge"'),
        (Question("purge", "prd"), 'no Environment named "prd"'),
        (Question("purge", "prod", assignment="x"), 'purge has no assignment "x" in prod'),
        (Question("purge", "prod", instance="sales-2"), 'no Instance named "sales-2"'),
        (Question("purge", "prod", object="A.B"), 'purge-prod has no object "A.B"'),
        (Question("purge", "prod", object="A.B@C"), "names a database link"),
        (Question("purge", "prod", overrides=(("DAYZ", "1"),)), 'declares no parameter "DAYZ"'),
    ],
)
def test_params_of_what_does_not_exist(tmp_path, question, message):
    loaded = tree.loaded(tmp_path)
    with pytest.raises(UsageError, match=re.escape(message)):
        parameter_rows(loaded, question)


def test_which_assignment_is_meant(tmp_path):
    other = tree.ASSIGNMENT.replace("purge-prod", "second")
    inventory = tree.loaded(tmp_path, other_yaml=other).require().inventory
    with pytest.raises(UsageError, match="2 enabled assignments in prod: purge-prod, second"):
        one_assignment(inventory, "purge", "prod")
    assert one_assignment(inventory, "purge", "prod", "second").name == "second"
    off = tree.ASSIGNMENT.replace("spec:\n", "spec:\n  enabled: false\n")
    inventory = tree.loaded(tmp_path, other_yaml=None, assignment_yaml=off).inventory
    (tmp_path / "other.yaml").unlink()
    inventory = load(tmp_path, {}).require().inventory
    with pytest.raises(UsageError) as caught:
        one_assignment(inventory, "purge", "prod")
    assert caught.value.hint == "disabled: purge-prod"
    rows = parameter_rows(load(tmp_path, {}), Question("purge", "prod"))
    assert [row.layer for row in rows] == ["operation default", "operation default"]


def test_settings_alone(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert read_settings(tmp_path, {}).repository is None
    assert find_root(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    (tmp_path / "dtm.yaml").write_text("stateDir: s\n")
    assert find_root(tmp_path / "a" / "b") == tmp_path
    assert read_settings(tmp_path, {}).state_dir == tmp_path / "s"
    (tmp_path / "dtm.yaml").write_text("statDir: s\n")
    with pytest.raises(ConfigurationError) as caught:
        read_settings(tmp_path, {})
    assert (caught.value.where, caught.value.hint) == ("dtm.yaml:1:1", 'did you mean "stateDir"?')


def test_paths_of_a_connection_are_relative_to_the_root(tmp_path):
    settings = Settings(tmp_path)
    spec = ConnectSpec(
        "U",
        dsn="a/b",
        password=SecretRef(SecretKind.FILE, "secrets/pw"),
        wallet="/opt/wallet",
        wallet_password=SecretRef(SecretKind.ENV, "W"),
        tns_admin="net",
    )
    located = settings.located(spec)
    assert located.password == SecretRef(SecretKind.FILE, str(tmp_path / "secrets/pw"))
    assert (located.wallet, located.tns_admin) == ("/opt/wallet", str(tmp_path / "net"))
    assert located.wallet_password == spec.wallet_password
    assert settings.located(ConnectSpec("U", dsn="a/b")) == ConnectSpec("U", dsn="a/b")


def test_require_counts_errors(tmp_path):
    loaded = tree.loaded(tmp_path, instance_yaml=tree.INSTANCE.replace("prod", "prd"))
    with pytest.raises(InvalidManifests, match="1 error in the manifests"):
        loaded.require()
    assert view.summary(loaded) == "1 error"


def test_nothing_there(tmp_path):
    assert view.summary(load(tmp_path, {})) == f"no manifests below {tmp_path}"


FOUND = (
    Diagnostic(
        Location("a dir/x,y.yaml", 3, 7),
        Severity.ERROR,
        "unknown-field",
        'unknown field "50%"\nx',
        "spec.a",
        'did you mean "b"?',
    ),
    Diagnostic(Location("z.yaml", 1, 1), Severity.WARNING, "empty-file", "no document"),
)


def test_text():
    assert view.text(FOUND).split("\n")[2:] == [
        "    spec.a  [unknown-field]",
        '    -> did you mean "b"?',
        "z.yaml:1:1: warning: no document",
        "    [empty-file]",
    ]


def test_github_annotations_are_escaped():
    assert view.github(FOUND).splitlines() == [
        "::error file=a dir/x%2Cy.yaml,line=3,col=7,title=unknown-field"
        '::spec.a: unknown field "50%25"%0Ax (did you mean "b"?)',
        "::warning file=z.yaml,line=1,col=1,title=empty-file::no document",
    ]


def test_links_start_at_the_repository(tmp_path):
    assert view.github(FOUND[1:], "db/").startswith("::warning file=db/z.yaml,line=1")
    result = json.loads(view.sarif(FOUND, "db/"))["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "db/a%20dir/x%2Cy.yaml"}


def test_virtual_environments_and_hidden_directories_are_passed_over(tmp_path):
    for name in (".hidden", "env/lib", "node_modules/x"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.yaml").write_text("a: b: c\n")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    assert tree.loaded(tmp_path).diagnostics == ()


def test_json_and_sarif():
    document = json.loads(view.json_text(FOUND))
    assert (document["format_version"], document["errors"], document["warnings"]) == (1, 1, 1)
    assert document["diagnostics"][0]["column"] == 7
    run = json.loads(view.sarif(FOUND))["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["empty-file", "unknown-field"]
    assert [(r["level"], rules[r["ruleIndex"]]) for r in run["results"]] == [
        ("error", "unknown-field"),
        ("warning", "empty-file"),
    ]


def test_every_code_is_explained():
    source = "\n".join(
        path.read_text() for path in (ROOT / "dtm/manifests").glob("*.py") if path.stem != "codes"
    )
    quoted = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', source))
    assert set(CODES) <= quoted, "a code that nothing reports"
    hyphenated = {word for word in quoted if "-" in word} - {"self-committing", "utf-"}
    assert hyphenated <= set(CODES), "a code that is not explained"
