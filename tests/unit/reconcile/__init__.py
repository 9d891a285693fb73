"""unit tests of planning and applying."""
