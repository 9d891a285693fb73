"""What a package says it requires, looked up in a session: privileges and visible objects."""

from __future__ import annotations

from dtm.model.database import Session
from dtm.model.names import split_qualified
from dtm.model.package import Requirements
from dtm.oracle.queries import load


def missing(session: Session, requires: Requirements) -> tuple[str, ...]:
    """Return in words what the session's user lacks; () when nothing.

    SESSION_PRIVS counts roles as well, which definer-rights code cannot use: a privilege that is
    there by role only is found by the task itself (ORA-01031).
    """
    lacking: list[str] = []
    if requires.privileges:
        held = {row[0] for row in session.query(load("requirements")["privileges"])}
        lacking += [f"privilege {p}" for p in requires.privileges if p.upper() not in held]
    for text in requires.objects:
        name = split_qualified(text)
        binds = {"owner": name.owner, "name": name.name}
        ((count,),) = session.query(load("requirements")["visible_object"], binds)
        if not count:
            lacking.append(f"object {text} (it does not exist, or no privilege on it is granted)")
    return tuple(lacking)
