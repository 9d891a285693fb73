"""unit tests of the repository room."""
