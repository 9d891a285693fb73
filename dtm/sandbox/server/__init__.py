"""Puts the sandbox's rooms together: instances, sessions, listener, faults, and the process."""
