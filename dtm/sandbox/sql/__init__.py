"""Oracle SQL over SQLite: catalog, storage, transactions, translation, functions, dictionary views."""
