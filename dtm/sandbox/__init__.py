"""The sandbox: a local stand-in for Oracle, in a process of its own. Never a production target.

It knows nothing of the project around it: it imports `dtm.plsql` (lexer and outline) and nothing else.

Rooms: `kernel` (types, errors and the ports between the rooms), `wire` (TNS and TTC),
`sql` (Oracle SQL over SQLite), `interpreter` (PL/SQL), `server` (puts them together).
"""
