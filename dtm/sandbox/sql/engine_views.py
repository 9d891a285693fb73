"""Views are compiled anew when they are used after something beneath them changed (Development
Guide 19c, "Understanding Schema Object Dependency", "Object Revalidation")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Column
from dtm.sandbox.sql.catalog_model import View
from dtm.sandbox.sql.transactions import StorageSession

REFRESH = "refresh_view"  # key of Instance.attributes


class Describer(Protocol):
    """What is needed of the SQL translator."""

    def describe(self, session: StorageSession, text: str) -> Sequence[Column]: ...
    def relations(self, session: StorageSession, text: str) -> Sequence[tuple[str, str]]: ...


def compiled_view(describer: Describer, session: StorageSession, view: View) -> View:
    """The view with its columns as they are now, VALID; OraError when it does not compile. Its
    query is read in its owner's schema, with its owner's rights."""
    context = session.context
    before = context.current_schema, context.effective_user
    context.current_schema = context.effective_user = view.owner
    try:
        columns = tuple(describer.describe(session, view.text))
        depends_on = tuple(describer.relations(session, view.text))
    finally:
        context.current_schema, context.effective_user = before
    if len(view.columns) == len(columns):  # a column list keeps the names it gave
        pairs = zip(columns, view.columns, strict=True)
        columns = tuple(replace(new, name=old.name) for new, old in pairs)
    return replace(view, columns=columns, depends_on=depends_on, status="VALID")


def refreshed(describer: Describer, session: StorageSession, view: View) -> View:
    """An INVALID view compiled and stored; as it is when it is broken (its use will tell)."""
    if view.status == "VALID" or not view.text:
        return view
    database = session.instance.database
    try:
        found = compiled_view(describer, session, view)
    except OraError as error:
        if error.code == 3001:
            raise
        return view
    with database.mutex:
        if not database.depth:
            with database.atomic():
                database.catalog.put(found)
        else:
            database.begin()
            with database.catalog.change():
                database.catalog.put(found)
            database.want_commit()
    return found
