"""Values V$PARAMETER shows by default, and the statistics' names of V$STATNAME."""

from __future__ import annotations

PARAMETERS = {
    "cluster_database": "FALSE",
    "compatible": "19.0.0",
    "cpu_count": "2",
    "cursor_sharing": "EXACT",
    "db_block_size": "8192",
    "ddl_lock_timeout": "0",
    "deferred_segment_creation": "TRUE",
    "enable_ddl_logging": "FALSE",
    "job_queue_processes": "0",
    "nls_length_semantics": "BYTE",
    "open_cursors": "300",
    "optimizer_mode": "ALL_ROWS",
    "parallel_max_servers": "0",
    "plsql_ccflags": "",
    "plsql_code_type": "INTERPRETED",
    "plsql_optimize_level": "2",
    "plsql_warnings": "DISABLE:ALL",
    "processes": "300",
    "recyclebin": "OFF",
    "remote_login_passwordfile": "EXCLUSIVE",
    "sessions": "472",
    "undo_management": "AUTO",
    "undo_retention": "900",
    "undo_tablespace": "UNDOTBS1",
}

# What is counted; V$STATNAME has no others, so that nobody reads a 0 that means "unknown".
STATISTICS = (
    "logons cumulative",
    "user commits",
    "user rollbacks",
    "execute count",
    "db block changes",
    "redo entries",
    "redo size",
    "undo change vector size",
    "queries parallelized",
    "DML statements parallelized",
    "DDL statements parallelized",
)
