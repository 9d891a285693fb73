"""dtm: declarative, restartable maintenance operations over many Oracle databases."""

__version__ = "0.1.0"
