"""PL/SQL text to a typed syntax tree. Pure: no session, no dictionary."""
