"""Plain values and rules shared by all rooms. Pure: no I/O, no clock."""
