"""PL/SQL text to outline: lexer, units, subprograms, signatures, lint. Pure: no I/O, no clock. Imports nothing of dtm."""
