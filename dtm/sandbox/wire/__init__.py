"""Oracle's wire protocol, server side: TNS packets, TTC messages, logon. Knows the ports of the kernel only."""
