"""The repository and reconcile rooms against a database."""
