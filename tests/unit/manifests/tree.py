"""A small valid working tree, and ways to break it."""

from __future__ import annotations

from pathlib import Path

from dtm.manifests.loader import Loaded, load
from dtm.model.diagnostics import Diagnostic

SPEC = """\
CREATE OR REPLACE PACKAGE purge AS
  PROCEDURE initial(p_handle IN VARCHAR2);
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2);
  PROCEDURE copy_rows(p_handle IN VARCHAR2);
  PROCEDURE delete_rows(p_handle IN VARCHAR2);
END purge;
/
"""

BODY = """\
CREATE OR REPLACE PACKAGE BODY purge AS
  PROCEDURE initial(p_handle IN VARCHAR2) IS BEGIN NULL; END;
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
  BEGIN
    RAISE dtm.operation_complete;
  END;
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS BEGIN NULL; END;
  PROCEDURE copy_rows(p_handle IN VARCHAR2) IS
    v_days NUMBER := dtm.get_num_param(p_handle, 'DAYS');
  BEGIN
    NULL;
  END;
  PROCEDURE delete_rows(p_handle IN VARCHAR2) IS BEGIN NULL; END;
END purge;
/
"""

ENVIRONMENT = """\
apiVersion: dtm/v1
kind: Environment
metadata: {name: prod}
spec:
  instanceDefaults:
    connect: {user: DTM, password: {env: "PW_{{ instance.name | env_name }}"}}
"""

INSTANCE = """\
apiVersion: dtm/v1
kind: Instance
metadata: {name: sales-1, labels: {app: sales}}
spec:
  environment: prod
  connect:
    dsn: db1:1521/SALES
"""

PACKAGE = """\
apiVersion: dtm/v1
kind: Package
metadata: {name: PURGE}
spec:
  sources: [purge.pkb, purge.pks]
  tables: [state.sql]
"""

OPERATION = """\
apiVersion: dtm/v1
kind: Operation
metadata: {name: purge}
spec:
  package: purge
  tasks:
    - {name: copy, procedure: COPY_ROWS}
    - {name: delete, procedure: DELETE_ROWS, kind: self-committing, restart: safe, timeout: 90m}
  parameters:
    DAYS: {type: number, default: 365, minimum: 30}
    CUTOFF: {type: date, required: false}
"""

ASSIGNMENT = """\
apiVersion: dtm/v1
kind: Assignment
metadata: {name: purge-prod}
spec:
  operation: purge
  environment: prod
  instances: {labels: {app: sales}}
  objects: [sales.orders]
  parameters: {days: 730}
"""

FILES = {
    "env.yaml": ENVIRONMENT,
    "instance.yaml": INSTANCE,
    "package.yaml": PACKAGE,
    "operation.yaml": OPERATION,
    "assignment.yaml": ASSIGNMENT,
    "purge.pks": SPEC,
    "purge.pkb": BODY,
    "state.sql": "CREATE TABLE purge_state (run_id NUMBER);\n",
}


def write(root: Path, **changes: str | bytes | None) -> Path:
    """Write the tree with some files replaced (`env_yaml=...`), or left out (None)."""
    named = {name.replace("__", "/").replace("_", "."): text for name, text in changes.items()}
    for name, content in {**FILES, **named}.items():
        if content is None:
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def broken(file: str, old: str, new: str) -> dict[str, str]:
    """A change for `write`: `file` with `old`, which it must hold once, replaced."""
    text = FILES[file.replace("_", ".")]
    assert text.count(old) == 1, f"{old!r} does not occur once"
    return {file: text.replace(old, new)}


def loaded(root: Path, **changes: str | bytes | None) -> Loaded:
    """Write and load."""
    return load(write(root, **changes), {})


def only(root: Path, **changes: str | bytes | None) -> Diagnostic:
    """Write and load a tree with exactly one thing wrong, and return it."""
    found = loaded(root, **changes).diagnostics
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def brief(diagnostic: Diagnostic) -> str:
    """Place and code: `env.yaml:3:7 unknown-field`."""
    return f"{diagnostic.location} {diagnostic.code}"
