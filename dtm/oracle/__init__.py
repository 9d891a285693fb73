"""The driver's edge: connect, identity, errors, locks, install, call. The only room that imports oracledb."""
