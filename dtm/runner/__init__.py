"""Runs operations: decide (pure), the loop, the journal, control; streams in parallel threads."""
