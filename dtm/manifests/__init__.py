"""YAML in git to model values: line numbers, schema, templates, references, diagnostics. Reads files, nothing else."""
