"""The data dictionary views: SYS owns them, public synonyms lead to them.

They lie in the catalog as views without text (never written to disk), so that grants, synonyms,
%ROWTYPE and ALL_OBJECTS know them; `find` gives the columns and the Python that makes the rows.
"""

from __future__ import annotations

from dtm.sandbox.sql import (
    dictionary_dynamic,
    dictionary_jobs,
    dictionary_nls,
    dictionary_objects,
    dictionary_partitions,
    dictionary_security,
    dictionary_storage,
    dictionary_tables,
    dictionary_units,
)
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Synonym, Unit, View
from dtm.sandbox.sql.dictionary_base import DictionaryView, Registry, columns_of
from dtm.sandbox.sql.privileges import PUBLIC, SYS

_FIRST_ID = 20_000_000  # object ids of what is made at each start

# Built-in packages: name -> executable by PUBLIC (Security Guide, "PUBLIC" grants).
BUILT_IN_PACKAGES = {
    "STANDARD": True,
    "DBMS_STANDARD": True,
    "DBMS_ALERT": False,
    "DBMS_APPLICATION_INFO": True,
    "DBMS_ASSERT": True,
    "DBMS_CRYPTO": False,
    "DBMS_DDL": True,
    "DBMS_DEBUG": True,
    "DBMS_FLASHBACK": False,
    "DBMS_JOB": True,
    "DBMS_LOB": True,
    "DBMS_LOCK": False,
    "DBMS_METADATA": True,
    "DBMS_MONITOR": False,
    "DBMS_OUTPUT": True,
    "DBMS_PARALLEL_EXECUTE": True,
    "DBMS_PIPE": False,
    "DBMS_PREPROCESSOR": True,
    "DBMS_RANDOM": True,
    "DBMS_RESUMABLE": True,
    "DBMS_ROWID": True,
    "DBMS_SCHEDULER": True,
    "DBMS_SESSION": True,
    "DBMS_SPACE": True,
    "DBMS_SQL": True,
    "DBMS_STATS": True,
    "DBMS_SYSTEM": False,
    "DBMS_TRANSACTION": True,
    "DBMS_TYPES": True,
    "DBMS_UTILITY": True,
    "DBMS_XMLGEN": True,
    "UTL_CALL_STACK": True,
    "UTL_ENCODE": True,
    "UTL_FILE": True,
    "UTL_HTTP": True,
    "UTL_I18N": True,
    "UTL_LMS": True,
    "UTL_MAIL": False,
    "UTL_RAW": True,
    "UTL_SMTP": True,
    "UTL_TCP": True,
    "UTL_URL": True,
}


def _build() -> dict[str, DictionaryView]:
    registry = Registry()
    for module in (
        dictionary_objects,
        dictionary_tables,
        dictionary_storage,
        dictionary_partitions,
        dictionary_security,
        dictionary_units,
        dictionary_dynamic,
        dictionary_jobs,
        dictionary_nls,
    ):
        module.register(registry)
    registry.add("DUAL", "DUMMY:v1", lambda _: [("X",)], public=True)
    views = registry.views
    names = DictionaryView(
        "DICTIONARY",
        columns_of("TABLE_NAME:v128 COMMENTS:v4000"),
        lambda _: [(name, None) for name in sorted(views)],
        public=True,
    )
    views["DICTIONARY"] = views["DICT"] = names
    return views


VIEWS = _build()


def find(name: str) -> DictionaryView | None:
    """The dictionary view SYS.`name` (V$ views under V_$...)."""
    return VIEWS.get(name)


def install(catalog: Catalog) -> None:
    """Put the views, the built-in packages and their public synonyms into the catalog."""
    number = _FIRST_ID
    for name, view in VIEWS.items():
        number += 2
        catalog.install(View(number, SYS, name, "", view.columns))
        if view.public:
            catalog.public.add((SYS, name))
        synonym = name.replace("V_$", "V$", 1)
        catalog.install(Synonym(number + 1, PUBLIC, synonym, SYS, name))
    for name, public in BUILT_IN_PACKAGES.items():
        number += 2
        catalog.install(Unit(number, SYS, name, "PACKAGE", "", "VALID", 1))
        catalog.install(Synonym(number + 1, PUBLIC, name, SYS, name))
        if public:
            catalog.public.add((SYS, name))
