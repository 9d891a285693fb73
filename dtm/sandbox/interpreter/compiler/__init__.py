"""Syntax trees to Python closures, with Oracle's compile errors."""
