"""PL/SQL that dtm installs on every instance: tables.sql, package DTM, alias package DOM.

Resources only, read by `dtm.oracle.install`. Plain Oracle 12.1 SQL and PL/SQL, identifiers of at
most 30 bytes, no reference to DBMS_LOCK (locks are taken by `dtm.oracle.locks` in anonymous
blocks), so that the helper compiles with CREATE TABLE and CREATE PROCEDURE alone.
"""
