"""Puts the sandbox's rooms together: one process, several instances, a thread per session.

process      opens instances, listens, obeys signals and the control channel
backend, host, session   the wire's ports over the SQL and PL/SQL rooms
registry, interrupts     who is logged on; kill, cancel, break
faults       what goes wrong on request
control, channel, state  starting, stopping and asking from another process
"""
