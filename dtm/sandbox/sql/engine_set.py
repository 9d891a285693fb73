"""SET CONSTRAINTS and SET ROLE (SQL Language Reference 19c)."""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql.privileges import ENABLED_ROLES, granted_sets
from dtm.sandbox.sql.transactions import StorageSession


def set_session(storage: StorageSession, node: d.SetConstraints | d.SetRole) -> None:
    """Run one of them."""
    if isinstance(node, d.SetRole):
        _set_role(storage, node)
    else:
        _set_constraints(storage, node)


def _set_constraints(storage: StorageSession, node: d.SetConstraints) -> None:
    """For the current transaction. IMMEDIATE checks what was put off: the statement fails with
    the constraint's error, and the constraint stays deferred. ORA-02443, ORA-02447."""
    transaction = storage.transaction
    modes = transaction.modes
    names: list[tuple[str, str]] = []
    for path in node.names:
        owner = path[0] if len(path) > 1 else storage.context.current_schema
        found = storage.instance.catalog.constraint_owner(owner, path[-1])
        if found is None:
            raise OraError(2448)
        if not found[1].deferrable:
            raise OraError(2447)
        names.append((owner, path[-1]))
    if not node.deferred and transaction.checks_left:
        storage.check_constraints(names or None)
    if names:
        modes.named.update(dict.fromkeys(names, node.deferred))
    else:
        modes.everything = node.deferred
        modes.named.clear()


def _set_role(storage: StorageSession, node: d.SetRole) -> None:
    """Enables roles for the session and disables the others; ORA-01924."""
    context = storage.context
    if context.effective_user is not None:
        raise OraError(6565, "SET ROLE")
    sets = granted_sets(storage.instance.catalog, context.user)
    granted = {grants.grantee for grants in sets if grants.is_role}
    for name in node.names:
        if name not in granted:
            raise OraError(1924, name)
    named = frozenset(node.names)
    enabled = frozenset(granted) - named if node.everything else named
    context.state[ENABLED_ROLES] = enabled
