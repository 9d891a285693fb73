-- The record of applies (dtm/repository/applies.py).

-- name: next_apply_id
-- Number of the next apply; the repository lock makes it ours.
SELECT NVL(MAX(APPLY_ID), 0) + 1 FROM DTM_APPLIES

-- name: insert_apply
-- An apply begins.
INSERT INTO DTM_APPLIES
       (APPLY_ID, STATE, STARTED_AT, OS_USER, HOST, DB_USER, COMMIT_ID, PLAN_DIGEST,
        MANIFEST_DIGEST, TOOL_VERSION, SERIAL_BEFORE)
VALUES (:apply_id, 'RUNNING', SYS_EXTRACT_UTC(SYSTIMESTAMP), :os_user, :host, USER, :commit_id,
        :plan_digest, :manifest_digest, :tool_version, :serial_before)

-- name: interrupt_applies
-- Whoever holds the repository lock knows that no other apply is alive.
UPDATE DTM_APPLIES
   SET STATE = 'INTERRUPTED', FINISHED_AT = SYS_EXTRACT_UTC(SYSTIMESTAMP)
 WHERE STATE = 'RUNNING'

-- name: serial_written
-- The configuration of an apply is written.
UPDATE DTM_APPLIES SET SERIAL_AFTER = :serial_after WHERE APPLY_ID = :apply_id

-- name: finish_apply
-- An apply ends.
UPDATE DTM_APPLIES
   SET STATE = :state, ERROR = :error, FINISHED_AT = SYS_EXTRACT_UTC(SYSTIMESTAMP)
 WHERE APPLY_ID = :apply_id

-- name: insert_change
-- One change of an apply.
INSERT INTO DTM_APPLY_CHANGES
       (APPLY_ID, SEQ, ACTION, KIND, NAME, INSTANCE, ENVIRONMENT, REASON, OUTCOME)
VALUES (:apply_id, :seq, :action, :kind, :name, :instance, :environment, :reason, :outcome)

-- name: insert_field
-- One field that a change touches.
INSERT INTO DTM_APPLY_FIELDS (APPLY_ID, SEQ, FIELD, PATH, OLD_VALUE, NEW_VALUE)
VALUES (:apply_id, :seq, :field, :path, :old_value, :new_value)

-- name: set_outcome
-- What became of one change.
UPDATE DTM_APPLY_CHANGES
   SET OUTCOME = :outcome, MESSAGE = :message
 WHERE APPLY_ID = :apply_id AND SEQ = :seq

-- name: applies
-- Every apply, the newest first.
SELECT APPLY_ID, STATE, STARTED_AT, FINISHED_AT, OS_USER, HOST, COMMIT_ID, PLAN_DIGEST,
       MANIFEST_DIGEST, TOOL_VERSION, SERIAL_BEFORE, SERIAL_AFTER, ERROR
  FROM DTM_APPLIES
 ORDER BY APPLY_ID DESC

-- name: changes
-- The changes of one apply in the order of its plan.
SELECT SEQ, ACTION, KIND, NAME, INSTANCE, ENVIRONMENT, REASON, OUTCOME, MESSAGE
  FROM DTM_APPLY_CHANGES
 WHERE APPLY_ID = :apply_id
 ORDER BY SEQ

-- name: fields
-- The fields that the changes of one apply touched.
SELECT SEQ, PATH, OLD_VALUE, NEW_VALUE
  FROM DTM_APPLY_FIELDS
 WHERE APPLY_ID = :apply_id
 ORDER BY SEQ, FIELD

-- name: touched
-- Instances that one apply began to install.
SELECT INSTANCE FROM DTM_INSTALLS WHERE APPLY_ID = :apply_id
UNION
SELECT INSTANCE FROM DTM_INSTALL_INTENTS WHERE APPLY_ID = :apply_id
