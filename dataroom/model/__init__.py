"""Tables and their invariants, one module a noun."""
