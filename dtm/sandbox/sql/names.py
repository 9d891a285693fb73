"""Names in SQL for one session: tables, views, dictionary views, sequences, with privileges."""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.sql import dictionary
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Sequence, Table, View
from dtm.sandbox.sql.dictionary_base import DictionaryView
from dtm.sandbox.sql.privileges import SYS, Resolver


class SessionNames:
    """What the SQL translator asks; `view` set: names as the view's query sees them."""

    def __init__(
        self, catalog: Catalog, context: SessionContext, view: View | None = None
    ) -> None:
        self.catalog = catalog
        self.context = context
        self._view = view
        self._resolver = Resolver(catalog, context)

    def relation(
        self, path: tuple[str, ...], privilege: str = "SELECT", offset: int = 0
    ) -> Table | View | DictionaryView:
        """ORA-00942 when there is none one may see, ORA-01031 without the privilege; inside a view
        the owner's privileges count (without roles): ORA-01031 becomes the view's problem."""
        if self._view is not None:
            found = self._resolver.find_for(self._view.owner, path)
            if not isinstance(found, Table | View):
                raise OraError(942, offset=offset)
        else:
            found = self._resolver.relation(path, privilege, offset)
        if isinstance(found, View) and found.owner == SYS and not found.text:
            view = dictionary.find(found.name)
            if view is None:
                raise OraError(942, offset=offset)
            if privilege != "SELECT":
                raise OraError(1031, offset=offset)
            return view
        return found

    def inside_view(self, view: View) -> SessionNames:
        """Names as the view's query sees them: its owner's."""
        return SessionNames(self.catalog, self.context, view)

    def sequence(self, path: tuple[str, ...], offset: int = 0) -> Sequence:
        """ORA-02289, ORA-01031."""
        if self._view is not None:
            found = self._resolver.find_for(self._view.owner, path)
            if not isinstance(found, Sequence):
                raise OraError(2289, offset=offset)
            return found
        return self._resolver.sequence(path, offset)
