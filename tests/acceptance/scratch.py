"""An operation written from scratch, with names made up at run time: nothing is prepared for it."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass

from tests.acceptance.workspace import Workspace


def _word(length: int = 8) -> str:
    return "".join(random.choices(string.ascii_lowercase, k=length))


@dataclass
class Scratch:
    """Made-up names of an operation that moves rows of one table to another, key range by range."""

    package: str
    operation: str
    environment: str
    source: str
    target: str

    @classmethod
    def invent(cls) -> Scratch:
        """Names that occur nowhere."""
        return cls(*(f"q{_word()}" for _ in range(5)))

    def write_operation(self, workspace: Workspace, *, extra_tasks: str = "") -> None:
        """Write the package, its state table and the operation."""
        package, state = self.package, f"{self.package}_st"
        workspace.write(
            "op/package.yaml",
            f"""
            apiVersion: dtm/v1
            kind: Package
            metadata: {{name: {package.upper()}}}
            spec:
              sources: [{package}.pks, {package}.pkb]
              tables: [{state}.sql]
            ---
            apiVersion: dtm/v1
            kind: Operation
            metadata: {{name: {self.operation}}}
            spec:
              package: {package.upper()}
              tasks:
                - {{name: copy, procedure: COPY_ROWS}}
                - {{name: remove, procedure: REMOVE_ROWS}}{extra_tasks}
              parameters:
                STEP: {{type: number, default: 10, minimum: 1}}
            ---
            apiVersion: dtm/v1
            kind: Assignment
            metadata: {{name: {self.operation}-there}}
            spec: {{operation: {self.operation}, environment: {self.environment}}}
            """,
        )
        workspace.write(
            f"op/{state}.sql",
            f"CREATE TABLE {state} (run_id NUMBER(20) PRIMARY KEY, low NUMBER, high NUMBER)\n",
        )
        workspace.write(f"op/{package}.pks", self.specification())
        workspace.write(f"op/{package}.pkb", self.body())

    def specification(self) -> str:
        """The package specification."""
        return f"""
        CREATE OR REPLACE PACKAGE {self.package} AS
          PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);
          PROCEDURE initial(p_handle IN VARCHAR2);
          PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2);
          PROCEDURE copy_rows(p_handle IN VARCHAR2);
          PROCEDURE remove_rows(p_handle IN VARCHAR2);
        END {self.package};
        /
        """

    def body(self) -> str:
        """The package body: the iterator takes the next STEP keys until none is left."""
        state, source, target = f"{self.package}_st", self.source, self.target
        return f"""
        CREATE OR REPLACE PACKAGE BODY {self.package} AS
          PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
            l_low NUMBER;
          BEGIN
            SELECT MIN(id) INTO l_low FROM {source};
            IF l_low IS NULL THEN
              RAISE dtm.operation_complete;
            END IF;
            DELETE FROM {state} WHERE run_id = TO_NUMBER(p_handle);
            INSERT INTO {state}
            VALUES (TO_NUMBER(p_handle), l_low, l_low + dtm.get_num_param(p_handle, 'STEP') - 1);
          END iterator;

          PROCEDURE initial(p_handle IN VARCHAR2) IS
          BEGIN
            dtm.initialise(p_handle, '{self.operation}', 'initial');
          END initial;

          PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS
          BEGIN
            IF p_after_error = 'N' THEN
              DELETE FROM {state} WHERE run_id = TO_NUMBER(p_handle);
            END IF;
          END final;

          FUNCTION chosen(p_handle IN VARCHAR2) RETURN VARCHAR2 IS
            l_state {state}%ROWTYPE;
          BEGIN
            SELECT * INTO l_state FROM {state} WHERE run_id = TO_NUMBER(p_handle);
            RETURN ' WHERE id BETWEEN ' || l_state.low || ' AND ' || l_state.high;
          END chosen;

          PROCEDURE copy_rows(p_handle IN VARCHAR2) IS
          BEGIN
            dtm.execute_immediate(
              p_handle,
              'INSERT INTO {target} (id, txt) SELECT id, txt FROM {source}' || chosen(p_handle));
          END copy_rows;

          PROCEDURE remove_rows(p_handle IN VARCHAR2) IS
          BEGIN
            dtm.execute_immediate(p_handle, 'DELETE FROM {source}' || chosen(p_handle));
          END remove_rows;
        END {self.package};
        /
        """
