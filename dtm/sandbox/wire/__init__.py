"""Oracle's wire protocol, server side: TNS packets, TTC messages, logon. Knows the kernel only.

Read in this order:

    session      one connection from CONNECT to its end: the loop, calls, breaks
    packets      TNS packets over a socket, deadlines, interrupts; codec: integers and byte strings
    handshake, descriptor, logon      what happens before the first call
    statements   class and bind names of a text; requests: EXECUTE messages read to their end
    execute, cursors, lobs, answers   running them and writing what comes back
    columns, values, numbers, rowids  types and encodings; protocol: the numbers
    piggybacks   what rides in front of a call

A request has no end mark, so it is read from a stream that waits for packets; everything is read
before anything runs. Whatever a client sends, it gets an ORA error or is disconnected.
"""
