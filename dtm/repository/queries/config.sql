-- Recorded configuration, installs and releases (dtm/repository/config.py).

-- name: schema
-- The schema that unqualified names of this session refer to.
SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL

-- name: repository
-- Which repository this is and how often it was written.
SELECT LINEAGE, SERIAL FROM DTM_REPOSITORY

-- name: create_repository
-- Give a new repository its lineage; a second one is refused by the primary key.
INSERT INTO DTM_REPOSITORY (ID, LINEAGE, SERIAL, CREATED_AT, UPDATED_AT)
VALUES (1, :lineage, 0, SYS_EXTRACT_UTC(SYSTIMESTAMP), SYS_EXTRACT_UTC(SYSTIMESTAMP))

-- name: advance_serial
-- Move the serial on, if it is still the one expected: no row means that somebody else wrote.
UPDATE DTM_REPOSITORY
   SET SERIAL = SERIAL + 1, UPDATED_AT = SYS_EXTRACT_UTC(SYSTIMESTAMP)
 WHERE LINEAGE = :lineage AND SERIAL = :serial

-- name: digests
-- Every recorded resource with its digest.
SELECT KIND, NAME, DIGEST FROM DTM_RESOURCES

-- name: resources
-- Every recorded resource in full.
SELECT KIND, NAME, DIGEST, METADATA, SPEC FROM DTM_RESOURCES

-- name: resource
-- One recorded resource in full.
SELECT KIND, NAME, DIGEST, METADATA, SPEC FROM DTM_RESOURCES WHERE KIND = :kind AND NAME = :name

-- name: package_sources
-- Source files of every recorded package.
SELECT P.NAME, U.FILE_NAME, S.TEXT
  FROM DTM_PACKAGES P
  JOIN DTM_VERSION_UNITS U ON U.PACKAGE = P.NAME AND U.VERSION = P.VERSION
  JOIN DTM_SOURCES S ON S.SHA256 = U.SHA256
 ORDER BY P.NAME, U.SEQ

-- name: sources_of_package
-- Source files of one recorded package.
SELECT P.NAME, U.FILE_NAME, S.TEXT
  FROM DTM_PACKAGES P
  JOIN DTM_VERSION_UNITS U ON U.PACKAGE = P.NAME AND U.VERSION = P.VERSION
  JOIN DTM_SOURCES S ON S.SHA256 = U.SHA256
 WHERE P.NAME = :name
 ORDER BY U.SEQ

-- name: delete_resource
-- Remove a resource from the recorded state.
DELETE FROM DTM_RESOURCES WHERE KIND = :kind AND NAME = :name

-- name: insert_resource
-- Record a resource.
INSERT INTO DTM_RESOURCES
       (KIND, NAME, DIGEST, ENVIRONMENT, ENABLED, DESCRIPTION, OWNER, METADATA, SPEC, APPLY_ID,
        CHANGED_AT)
VALUES (:kind, :name, :digest, :environment, :enabled, :description, :owner, :metadata, :spec,
        :apply_id, SYS_EXTRACT_UTC(SYSTIMESTAMP))

-- name: known_versions
-- Package versions whose members are recorded.
SELECT DISTINCT PACKAGE, VERSION FROM DTM_VERSION_UNITS

-- name: insert_source
-- Keep a text under its digest, unless somebody has just done so.
BEGIN
  INSERT INTO DTM_SOURCES (SHA256, TEXT, CREATED_AT)
  VALUES (:sha256, :text, SYS_EXTRACT_UTC(SYSTIMESTAMP));
EXCEPTION
  WHEN DUP_VAL_ON_INDEX THEN NULL;
END;

-- name: source_exists
-- 1 when a text is kept already, else 0.
SELECT COUNT(*) FROM DTM_SOURCES WHERE SHA256 = :sha256

-- name: insert_version_unit
-- One member of a package version.
INSERT INTO DTM_VERSION_UNITS
       (PACKAGE, VERSION, SEQ, ROLE, UNIT_TYPE, UNIT_NAME, FILE_NAME, SHA256)
VALUES (:package, :version, :seq, :role, :unit_type, :unit_name, :file_name, :sha256)

-- name: version_units
-- The members of one package version with their texts, in install order.
SELECT U.ROLE, U.UNIT_TYPE, U.UNIT_NAME, U.FILE_NAME, S.TEXT, U.SHA256
  FROM DTM_VERSION_UNITS U
  JOIN DTM_SOURCES S ON S.SHA256 = U.SHA256
 WHERE U.PACKAGE = :package AND U.VERSION = :version
 ORDER BY U.SEQ

-- name: readbacks
-- Every text that dtm ever read back on an instance after an install.
SELECT INSTANCE, UNIT_TYPE, UNIT_NAME, SENT_SHA256, READBACK_SHA256
  FROM DTM_INSTALLS
 WHERE READBACK_SHA256 IS NOT NULL
 GROUP BY INSTANCE, UNIT_TYPE, UNIT_NAME, SENT_SHA256, READBACK_SHA256

-- name: readbacks_of_instance
-- Every text that dtm ever read back on one instance after an install.
SELECT INSTANCE, UNIT_TYPE, UNIT_NAME, SENT_SHA256, READBACK_SHA256
  FROM DTM_INSTALLS
 WHERE INSTANCE = :instance AND READBACK_SHA256 IS NOT NULL
 GROUP BY INSTANCE, UNIT_TYPE, UNIT_NAME, SENT_SHA256, READBACK_SHA256

-- name: intents
-- Installs begun and not recorded.
SELECT INSTANCE, UNIT_TYPE, UNIT_NAME, PACKAGE, SENT_SHA256, APPLY_ID FROM DTM_INSTALL_INTENTS

-- name: delete_intent
-- An install is recorded, or is about to begin anew.
DELETE FROM DTM_INSTALL_INTENTS
 WHERE INSTANCE = :instance AND UNIT_TYPE = :unit_type AND UNIT_NAME = :unit_name

-- name: settle
-- Everything of a package is in place on an instance; nothing of it is open any more.
DELETE FROM DTM_INSTALL_INTENTS WHERE INSTANCE = :instance AND PACKAGE = :package

-- name: insert_intent
-- An install is about to begin.
INSERT INTO DTM_INSTALL_INTENTS
       (INSTANCE, UNIT_TYPE, UNIT_NAME, PACKAGE, SENT_SHA256, APPLY_ID, STARTED_AT)
VALUES (:instance, :unit_type, :unit_name, :package, :sent_sha256, :apply_id,
        SYS_EXTRACT_UTC(SYSTIMESTAMP))

-- name: insert_install
-- What became of one unit.
INSERT INTO DTM_INSTALLS
       (INSTALL_ID, INSTANCE, PACKAGE, VERSION, UNIT_TYPE, UNIT_NAME, SENT_SHA256,
        READBACK_SHA256, PREVIOUS_SHA256, STATUS, ERROR, APPLY_ID, RUN_ID, INSTALLED_AT)
VALUES (DTM_INSTALL_SEQ.NEXTVAL, :instance, :package, :version, :unit_type, :unit_name,
        :sent_sha256, :readback_sha256, :previous_sha256, :status, :error, :apply_id, :run_id,
        SYS_EXTRACT_UTC(SYSTIMESTAMP))

-- name: releases
-- The version each instance is meant to have of each package.
SELECT INSTANCE, PACKAGE, VERSION FROM DTM_RELEASES

-- name: delete_release
-- Forget the released version of a package on an instance; the new one follows.
DELETE FROM DTM_RELEASES WHERE INSTANCE = :instance AND PACKAGE = :package

-- name: insert_release
-- The version an instance is meant to have from now on.
INSERT INTO DTM_RELEASES (INSTANCE, PACKAGE, VERSION, APPLY_ID, RELEASED_AT)
VALUES (:instance, :package, :version, :apply_id, SYS_EXTRACT_UTC(SYSTIMESTAMP))

-- name: facts
-- Which database each instance was at first contact.
SELECT INSTANCE, DB_UNIQUE_NAME, DBID, PDB_GUID FROM DTM_INSTANCE_FACTS

-- name: insert_facts
-- Record which database an instance is, unless that is known.
INSERT INTO DTM_INSTANCE_FACTS (INSTANCE, DB_UNIQUE_NAME, DBID, PDB_GUID, FIRST_SEEN_AT)
SELECT :instance, :db_unique_name, :dbid, :pdb_guid, SYS_EXTRACT_UTC(SYSTIMESTAMP)
  FROM DUAL
 WHERE NOT EXISTS (SELECT 1 FROM DTM_INSTANCE_FACTS F WHERE F.INSTANCE = :instance)

-- name: forget_facts
-- The manifest says that an instance is another database now.
DELETE FROM DTM_INSTANCE_FACTS WHERE INSTANCE = :name

-- name: forget_releases_of_instance
-- A removed instance is meant to have nothing.
DELETE FROM DTM_RELEASES WHERE INSTANCE = :name

-- name: forget_intents_of_instance
-- Nobody will finish an install on a removed instance.
DELETE FROM DTM_INSTALL_INTENTS WHERE INSTANCE = :name

-- name: forget_releases_of_package
-- No instance is meant to have a removed package.
DELETE FROM DTM_RELEASES WHERE PACKAGE = :name

-- name: rename_instance_installs
-- History follows a renamed instance.
UPDATE DTM_INSTALLS SET INSTANCE = :new_name WHERE INSTANCE = :old_name

-- name: rename_instance_intents
-- Open installs follow a renamed instance.
UPDATE DTM_INSTALL_INTENTS SET INSTANCE = :new_name WHERE INSTANCE = :old_name

-- name: rename_instance_releases
-- Released versions follow a renamed instance.
UPDATE DTM_RELEASES SET INSTANCE = :new_name WHERE INSTANCE = :old_name

-- name: rename_instance_facts
-- What is known of its database follows a renamed instance.
UPDATE DTM_INSTANCE_FACTS SET INSTANCE = :new_name WHERE INSTANCE = :old_name

-- name: rename_package_installs
-- History follows a renamed package.
UPDATE DTM_INSTALLS SET PACKAGE = :new_name WHERE PACKAGE = :old_name

-- name: rename_package_intents
-- Open installs follow a renamed package.
UPDATE DTM_INSTALL_INTENTS SET PACKAGE = :new_name WHERE PACKAGE = :old_name

-- name: rename_package_releases
-- Released versions follow a renamed package.
UPDATE DTM_RELEASES SET PACKAGE = :new_name WHERE PACKAGE = :old_name

-- name: rename_package_versions
-- Versions follow a renamed package.
UPDATE DTM_VERSION_UNITS SET PACKAGE = :new_name WHERE PACKAGE = :old_name
