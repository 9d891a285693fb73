"""COMPATIBILITY.md, written from the registries the sandbox itself works with.

`python -m dtm.sandbox.compatibility` prints it; a test compares the committed file with it.
"""
