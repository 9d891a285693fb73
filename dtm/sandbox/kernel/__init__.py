"""What the sandbox's rooms share: data types, error numbers and the ports between rooms. Pure."""
