"""Puts the sandbox's rooms together: backend, sessions, listener."""

from __future__ import annotations
