"""The command line: a client of the REST interface, and what an operator runs on the host."""
