"""PL/SQL: parse, compile to Python, run; built-in packages, one module each."""
