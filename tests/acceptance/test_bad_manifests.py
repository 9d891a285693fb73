"""Bad manifests: one clear message with its place, exit code 1, no database touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import BODY, SPECIFICATION
from tests.acceptance.workspace import Workspace, sentence

HEAD = "apiVersion: dtm/v1\n"
ENVIRONMENT = HEAD + "kind: Environment\nmetadata: {name: e1}\nspec: {}\n"
PACKAGE = HEAD + "kind: Package\nmetadata: {name: PKG}\nspec: {sources: [pkg.pks, pkg.pkb]}\n"
OPERATION = (
    HEAD
    + "kind: Operation\nmetadata: {name: op}\nspec:\n  package: PKG\n  tasks:\n"
    + "    - {name: one, procedure: ONE}\n"
    + "  parameters:\n    DAYS: {type: number, default: 10, minimum: 5}\n"
)
ASSIGNMENT = (
    HEAD + "kind: Assignment\nmetadata: {name: a1}\nspec:\n  operation: op\n  environment: e1\n"
)

CASES = {
    "malformed YAML": ({"m.yaml": "kind: [unclosed\n"}, "m.yaml:2:1", "did not find expected"),
    "duplicate key": (
        {"m.yaml": ENVIRONMENT + "spec: {}\n"},
        "m.yaml:5:1",
        "spec",
    ),
    "unknown kind": (
        {"m.yaml": ENVIRONMENT.replace("Environment", "Enviroment")},
        "m.yaml:2:7",
        'did you mean "Environment"?',
    ),
    "unknown field": (
        {"m.yaml": ENVIRONMENT.replace("spec: {}", "spec: {enabledd: true}")},
        "m.yaml:4:8",
        'did you mean "enabled"?',
    ),
    "unknown enum value": (
        {"m.yaml": OPERATION.replace("procedure: ONE", "procedure: ONE, kind: atomik")},
        "m.yaml:7:",
        'did you mean "atomic"?',
    ),
    "dangling reference": (
        {"m.yaml": ENVIRONMENT + "---\n" + ASSIGNMENT.replace("op\n", "opp\n", 1)},
        "m.yaml:10:14",
        "opp",
    ),
    "two of one name": (
        {"a.yaml": ENVIRONMENT, "b.yaml": ENVIRONMENT},
        "b.yaml:3:18",
        "a.yaml",
    ),
    "undeclared parameter": (
        {"m.yaml": ENVIRONMENT + "---\n" + ASSIGNMENT + "  parameters: {DAYZ: 9}\n"},
        "m.yaml:12:16",
        'did you mean "DAYS"?',
    ),
    "mistyped parameter": (
        {"m.yaml": ENVIRONMENT + "---\n" + ASSIGNMENT + "  parameters: {DAYS: many}\n"},
        "m.yaml:12:22",
        "number",
    ),
    "parameter out of range": (
        {"m.yaml": ENVIRONMENT + "---\n" + ASSIGNMENT + "  parameters: {DAYS: 4}\n"},
        "m.yaml:12:22",
        "5",
    ),
    "no iterator": (
        {"pkg.pks": SPECIFICATION.replace("PROCEDURE iterator", "PROCEDURE iterate")},
        "op.yaml",
        "ITERATOR",
    ),
    "wrong signature": (
        {"pkg.pks": SPECIFICATION.replace("one(p_handle IN VARCHAR2)", "one(p_handle IN NUMBER)")},
        "pkg.pks:3:",
        "p_handle",
    ),
    "a literal password": (
        {
            "m.yaml": ENVIRONMENT.replace(
                "spec: {}", "spec: {instanceDefaults: {connect: {user: U, password: tiger1}}}"
            )
        },
        "m.yaml:4:",
        "password",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_manifest(tmp_path: Path, name: str) -> None:
    files, place, says = CASES[name]
    work = Workspace(tmp_path)
    work.write("dtm.yaml", "{}\n")
    work.write("op.yaml", PACKAGE + "---\n" + OPERATION)
    work.write("pkg.pks", SPECIFICATION)
    work.write("pkg.pkb", BODY)
    if "op\n" in files.get("m.yaml", "") and "kind: Operation" in files.get("m.yaml", ""):
        work.write("op.yaml", PACKAGE)
    for path, text in files.items():
        work.write(path, text)
    done = work.dtm("validate", expect=1)
    assert place in done.text
    assert says in sentence(done.text)
    assert "tiger1" not in done.text


def test_everything_wrong_is_said_in_one_pass(tmp_path: Path) -> None:
    work = Workspace(tmp_path)
    for number, (files, _, _) in enumerate(CASES.values()):
        for path, text in files.items():
            if path.endswith(".yaml"):
                work.write(f"{number}/{path}", text)
    done = work.dtm("validate", expect=1)
    assert done.text.count("error:") >= 8


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--envv", "e1"), "--envv"),
        (("runn",), "runn"),
        (("run", "op"), "--env"),
        (("run", "op", "--env", "e1", "--mode", "dry"), "dry"),
        (("run", "op", "--env", "e1", "--param", "DAYS"), "DAYS"),
        (("apply", "nowhere.json"), "nowhere.json"),
        (("status", "--output", "xml"), "xml"),
    ],
)
def test_a_bad_command_line_is_exit_code_1_not_2(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = Workspace(tmp_path).dtm(*arguments, expect=1)
    assert says in done.err
    assert not done.out
