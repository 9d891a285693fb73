"""Tests of the command line: help, views, messages."""
