-- Plain tables of the recorded configuration (dtm/repository/flatten.py): rows out, rows in.

-- name: delete_environments
-- Remove the rows of one resource from DTM_ENVIRONMENTS.
DELETE FROM DTM_ENVIRONMENTS WHERE NAME = :name

-- name: insert_environments
-- One row of DTM_ENVIRONMENTS.
INSERT INTO DTM_ENVIRONMENTS
       (NAME, ENABLED, PROTECTED, WAVES, MAX_FAILURES, DESCRIPTION, OWNER)
VALUES (:name, :enabled, :protected, :waves, :max_failures, :description, :owner)

-- name: delete_instances
-- Remove the rows of one resource from DTM_INSTANCES.
DELETE FROM DTM_INSTANCES WHERE NAME = :name

-- name: insert_instances
-- One row of DTM_INSTANCES.
INSERT INTO DTM_INSTANCES
       (NAME, ENVIRONMENT, ENABLED, DB_USER, CONNECT_TARGET, EXPECTED_NAMES, DESCRIPTION,
        OWNER)
VALUES (:name, :environment, :enabled, :db_user, :connect_target, :expected_names,
        :description, :owner)

-- name: delete_packages
-- Remove the rows of one resource from DTM_PACKAGES.
DELETE FROM DTM_PACKAGES WHERE NAME = :name

-- name: insert_packages
-- One row of DTM_PACKAGES.
INSERT INTO DTM_PACKAGES
       (NAME, VERSION, ENABLED, COMPAT, DESCRIPTION, OWNER)
VALUES (:name, :version, :enabled, :compat, :description, :owner)

-- name: delete_operations
-- Remove the rows of one resource from DTM_OPERATIONS.
DELETE FROM DTM_OPERATIONS WHERE NAME = :name

-- name: insert_operations
-- One row of DTM_OPERATIONS.
INSERT INTO DTM_OPERATIONS
       (NAME, PACKAGE, ENABLED, DURATION_S, ITERATIONS, DESCRIPTION, OWNER)
VALUES (:name, :package, :enabled, :duration_s, :iterations, :description, :owner)

-- name: delete_assignments
-- Remove the rows of one resource from DTM_ASSIGNMENTS.
DELETE FROM DTM_ASSIGNMENTS WHERE NAME = :name

-- name: insert_assignments
-- One row of DTM_ASSIGNMENTS.
INSERT INTO DTM_ASSIGNMENTS
       (NAME, OPERATION, ENVIRONMENT, ENABLED, INSTANCES_AT_ONCE, STREAMS_PER_INSTANCE,
        WAVES, MAX_FAILURES, DURATION_S, ITERATIONS, WINDOW_START, WINDOW_DURATION_S,
        WINDOW_DAYS, WINDOW_TIMEZONE, SCHEDULE, DESCRIPTION, OWNER)
VALUES (:name, :operation, :environment, :enabled, :instances_at_once,
        :streams_per_instance, :waves, :max_failures, :duration_s, :iterations,
        :window_start, :window_duration_s, :window_days, :window_timezone, :schedule,
        :description, :owner)

-- name: delete_tasks
-- Remove the rows of one resource from DTM_TASKS.
DELETE FROM DTM_TASKS WHERE OPERATION = :name

-- name: insert_tasks
-- One row of DTM_TASKS.
INSERT INTO DTM_TASKS
       (OPERATION, PHASE, STEP, MEMBER, NAME, PROCEDURE_NAME, TASK_KIND, RESTART, PROBE,
        TIMEOUT_S, ENABLED, TESTABLE)
VALUES (:operation, :phase, :step, :member, :name, :procedure_name, :task_kind, :restart,
        :probe, :timeout_s, :enabled, :testable)

-- name: delete_parameter_decls
-- Remove the rows of one resource from DTM_PARAMETER_DECLS.
DELETE FROM DTM_PARAMETER_DECLS WHERE OPERATION = :name

-- name: insert_parameter_decls
-- One row of DTM_PARAMETER_DECLS.
INSERT INTO DTM_PARAMETER_DECLS
       (OPERATION, NAME, DATA_TYPE, REQUIRED, DEFAULT_VALUE, MINIMUM, MAXIMUM,
        ALLOWED_VALUES, DESCRIPTION)
VALUES (:operation, :name, :data_type, :required, :default_value, :minimum, :maximum,
        :allowed_values, :description)

-- name: delete_assignment_objects
-- Remove the rows of one resource from DTM_ASSIGNMENT_OBJECTS.
DELETE FROM DTM_ASSIGNMENT_OBJECTS WHERE ASSIGNMENT = :name

-- name: insert_assignment_objects
-- One row of DTM_ASSIGNMENT_OBJECTS.
INSERT INTO DTM_ASSIGNMENT_OBJECTS
       (ASSIGNMENT, POSITION, MEMBER, OBJECT_NAME, ENABLED)
VALUES (:assignment, :position, :member, :object_name, :enabled)

-- name: delete_parameter_values
-- Remove the rows of one resource from DTM_PARAMETER_VALUES.
DELETE FROM DTM_PARAMETER_VALUES WHERE KIND = :kind AND NAME = :name

-- name: insert_parameter_values
-- One row of DTM_PARAMETER_VALUES.
INSERT INTO DTM_PARAMETER_VALUES
       (KIND, NAME, SEQ, LAYER, PARAMETER, ENVIRONMENT, INSTANCE, OBJECT_NAME, VALUE)
VALUES (:kind, :name, :seq, :layer, :parameter, :environment, :instance, :object_name,
        :value)

-- name: delete_labels
-- Remove the rows of one resource from DTM_LABELS.
DELETE FROM DTM_LABELS WHERE KIND = :kind AND NAME = :name

-- name: insert_labels
-- One row of DTM_LABELS.
INSERT INTO DTM_LABELS
       (KIND, NAME, LABEL, VALUE)
VALUES (:kind, :name, :label, :value)

-- name: delete_assignment_instances
-- Forget which instances assignments select; they are written anew.
DELETE FROM DTM_ASSIGNMENT_INSTANCES

-- name: insert_assignment_instances
-- One instance an assignment selects.
INSERT INTO DTM_ASSIGNMENT_INSTANCES (ASSIGNMENT, INSTANCE) VALUES (:assignment, :instance)
